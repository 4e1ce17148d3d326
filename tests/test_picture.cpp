#include "premix/io/picture.hpp"

#include <fstream>
#include <limits>

#include "premix/core/error.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scratch.hpp"

using namespace premix;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

Tensor<float> image(Shape shape, const std::vector<float>& values) { return Tensor<float>::from(shape, values); }

std::vector<float> values(const Tensor<float>& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

}  // namespace

TEST_CASE("a picture survives a PNG round trip in 8-bit steps", "[picture]") {
  const ScratchFolder folder;
  for (const std::int64_t channels : {1, 3}) {
    Tensor<float> picture({1, 5, 7, channels});
    for (std::int64_t i = 0; i < picture.size(); ++i) picture.mutable_data()[i] = static_cast<float>(i) / 255.0f;
    write_png(folder / "a.png", picture);
    const auto read = read_png(folder / "a.png");
    CHECK(read.shape() == picture.shape());
    CHECK(values(read) == values(picture));
  }
}

TEST_CASE("a PNG holds clipped and rounded values, and black for NaN", "[picture]") {
  const ScratchFolder folder;
  write_png(folder / "a.png", image({1, 1, 5, 1}, {-1, 2, not_a_number, 0.4f / 255, 0.6f / 255}));
  CHECK(values(read_png(folder / "a.png")) == std::vector<float>{0, 1, 0, 0, 1 / 255.0f});
}

TEST_CASE("an invalid PNG is a data error that names the file", "[picture]") {
  const ScratchFolder folder;
  std::ofstream(folder / "text.png") << "not a picture";
  CHECK_THROWS_WITH(read_png(folder / "text.png"), contains("text.png") && contains("not a readable PNG"));
  CHECK_THROWS_WITH(read_png(folder / "absent.png"), contains("absent.png"));
  CHECK_THROWS_WITH(write_png(folder / "two.png", Tensor<float>({1, 2, 2, 2})), contains("(1, 2, 2, 2)"));
}

TEST_CASE("a percentile stretch of a band ignores NaN and the other bands", "[picture]") {
  Tensor<float> ramp({1, 1, 102, 2});
  for (int i = 0; i < 102; ++i) {
    ramp.mutable_data()[2 * i] = static_cast<float>(i == 101 ? not_a_number : i);
    ramp.mutable_data()[2 * i + 1] = 5;
  }
  const Stretch stretch = percentile_stretch(ramp, 0.02, 0.98);
  CHECK(stretch.low == std::vector<float>{2, 5});
  CHECK(stretch.high == std::vector<float>{98, 5});
  const auto result = stretched(ramp, stretch);
  CHECK(result(0, 0, 2, 0) == 0);
  CHECK(result(0, 0, 50, 0) == 0.5f);
  CHECK(result(0, 0, 98, 0) == 1);
  CHECK(result(0, 0, 0, 0) == 0);
  CHECK(result(0, 0, 100, 0) == 1);
  CHECK(result(0, 0, 50, 1) == 0);
}

TEST_CASE("bands are chosen in the given order", "[picture]") {
  const auto four = image({1, 1, 2, 4}, {0, 1, 2, 3, 10, 11, 12, 13});
  CHECK(values(choose_bands(four, {2, 1, 0})) == std::vector<float>{2, 1, 0, 12, 11, 10});
  CHECK(values(choose_bands(four, {3, 3, 3})) == std::vector<float>{3, 3, 3, 13, 13, 13});
  CHECK_THROWS_WITH(choose_bands(four, {4}), contains("band 4"));
  CHECK_THROWS_WITH(choose_bands(four, {-1}), contains("band -1"));
}

TEST_CASE("pictures are arranged in rows and columns with a white gap between", "[picture]") {
  const auto a = image({1, 2, 1, 1}, {0.1f, 0.2f}), b = image({1, 2, 2, 1}, {0.3f, 0.4f, 0.5f, 0.6f});
  const auto row = side_by_side({a, b}, 1);
  CHECK(row.shape() == Shape{1, 2, 4, 1});
  CHECK(values(row) == std::vector<float>{0.1f, 1, 0.3f, 0.4f, 0.2f, 1, 0.5f, 0.6f});
  const auto column = stacked({a, a}, 1);
  CHECK(column.shape() == Shape{1, 5, 1, 1});
  CHECK(values(column) == std::vector<float>{0.1f, 0.2f, 1, 0.1f, 0.2f});
  CHECK_THROWS_WITH(side_by_side({a, Tensor<float>({1, 3, 1, 1})}), contains("(1, 3, 1, 1)"));
  CHECK_THROWS_WITH(stacked({a, b}), contains("(1, 2, 2, 1)"));
}
