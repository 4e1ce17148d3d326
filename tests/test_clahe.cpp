#include <limits>

#include "golden_checks/clahe.hpp"
#include "premix/core/parallel.hpp"
#include "premix/image/clahe.hpp"
#include "reference/clahe.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"

namespace premix {
namespace {

template <Real T>
void check_against_reference(const Tensor<T>& x, const ClaheOptions& options = {}) {
  const auto [images, height, width, channels] = x.shape();
  const Tensor<T> equalised = clahe(x, options);
  const ClaheTables tables = clahe_tables(x, options);
  REQUIRE(tables.cells == Shape{images, options.grid, options.grid, channels});
  std::int64_t differing = 0;
  double largest = 0;
  for (std::int64_t n = 0; n < images; ++n)
    for (std::int64_t c = 0; c < channels; ++c) {
      const reference::ClaheChannel<T> expected(x, n, c, options.grid, options.clip_limit);
      for (std::int64_t i = 0; i < options.grid; ++i)
        for (std::int64_t j = 0; j < options.grid; ++j) {
          const auto* levels =
              tables.levels.data() + (((n * options.grid + i) * options.grid + j) * channels + c) * 256;
          for (int level = 0; level < 256; ++level) differing += levels[level] != expected.table(i, j)[level];
        }
      for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t q = 0; q < width; ++q)
          largest = std::max(largest, std::abs(static_cast<double>(equalised(n, y, q, c)) -
                                               static_cast<double>(expected.value(y, q))));
    }
  CHECK(differing == 0);
  CHECK(largest <= 2 * std::numeric_limits<T>::epsilon());
}

}  // namespace

TEST_CASE("golden: clahe matches the published code, with equal tables", "[clahe][golden]") {
  golden::check_clahe_files(cpu());
}

TEMPLATE_TEST_CASE("clahe equals its definition step by step", "[clahe]", float, double) {
  const Shape shape = GENERATE(Shape{2, 33, 47, 3}, Shape{2, 12, 20, 8}, Shape{1, 9, 9, 4}, Shape{1, 80, 17, 1});
  check_against_reference(testing::uniform_image<TestType>(shape, -0.2, 1.2, 21));
  check_against_reference(testing::image_of<TestType>(shape, [](auto n, auto y, auto x, auto c) {
    return 0.5 + 0.4 * std::sin(0.2 * double(x) + double(n)) * std::cos(0.1 * double(y + c));
  }));
}

TEST_CASE("clahe equals its definition for other grids and clip limits", "[clahe]") {
  const auto x = testing::uniform_image<float>({1, 40, 52, 2}, 0.2, 0.4, 22);
  check_against_reference(x, {.grid = 1, .clip_limit = 4});
  check_against_reference(x, {.grid = 3, .clip_limit = 0.001});
  check_against_reference(x, {.grid = 5, .clip_limit = 256});
}

TEST_CASE("clahe maps a constant to one value, which is not the constant", "[clahe]") {
  const auto y = clahe(Tensor<double>::full({1, 64, 64, 1}, 0.3));
  CHECK(testing::same_bits(y, Tensor<double>::full({1, 64, 64, 1}, y(0, 0, 0, 0))));
  CHECK(y(0, 0, 0, 0) != Approx(0.3).margin(0.01));
}

TEST_CASE("clahe's tables are sorted and end at 254 or 255", "[clahe]") {
  const ClaheTables tables = clahe_tables(testing::uniform_image<float>({1, 50, 60, 3}, 0, 1, 23));
  for (std::size_t start = 0; start < tables.levels.size(); start += 256) {
    const auto* levels = tables.levels.data() + start;
    CHECK(std::is_sorted(levels, levels + 256));
    CHECK(levels[255] >= 254);
  }
}

TEST_CASE("clahe clips values to the range 0 to 1", "[clahe]") {
  const auto x = testing::uniform_image<float>({1, 32, 32, 2}, -1, 2, 24);
  const auto clipped = testing::image_of<float>(
      x.shape(), [&](auto n, auto y, auto q, auto c) { return std::clamp(x(n, y, q, c), 0.f, 1.f); });
  CHECK(testing::same_bits(clahe(x), clahe(clipped)));
  const auto infinite = Tensor<float>::full({1, 16, 16, 1}, std::numeric_limits<float>::infinity());
  CHECK(testing::same_bits(clahe(infinite), clahe(Tensor<float>::full({1, 16, 16, 1}, 1))));
}

TEST_CASE("clahe treats each image and channel independently", "[clahe]") {
  const auto x = testing::uniform_image<float>({2, 24, 36, 3}, 0, 0.6, 25);
  const auto y = clahe(x);
  const auto one =
      testing::image_of<float>({1, 24, 36, 1}, [&](auto, auto row, auto column, auto) { return x(1, row, column, 2); });
  const auto expected =
      testing::image_of<float>({1, 24, 36, 1}, [&](auto, auto row, auto column, auto) { return y(1, row, column, 2); });
  CHECK(testing::same_bits(clahe(one), expected));
}

TEST_CASE("clahe gives the same bits with one thread and with several", "[clahe][threads]") {
  const auto x = testing::uniform_image<float>({3, 100, 52, 4}, 0, 1, 26);
  const int before = threads();
  set_threads(1);
  const auto one = clahe(x);
  set_threads(3);
  const auto several = clahe(x);
  set_threads(before);
  CHECK(testing::same_bits(one, several));
}

TEST_CASE("clahe refuses images too small to be padded to the grid by reflection", "[clahe][error]") {
  CHECK_THROWS_WITH(clahe(Tensor<float>::zeros({1, 8, 8, 1})), contains("(1, 8, 8, 1)") && contains("9 x 9"));
  CHECK_THROWS_AS(clahe(Tensor<float>::zeros({1, 8, 64, 1})), Error);
  CHECK_THROWS_AS(clahe(Tensor<float>::zeros({1, 64, 8, 1})), Error);
  CHECK_NOTHROW(clahe(Tensor<float>::zeros({1, 9, 9, 1})));
  CHECK_THROWS_AS(clahe(Tensor<float>::zeros({1, 16, 16, 1}), {.grid = 0}), Error);
  CHECK_THROWS_AS(clahe(Tensor<float>::zeros({1, 16, 16, 1}), {.clip_limit = 0}), Error);
  CHECK_THROWS_AS(clahe(Tensor<float>()), Error);
}

TEST_CASE("clahe refuses NaN and names its position", "[clahe][error]") {
  auto x = testing::uniform_image<float>({2, 32, 48, 3}, 0, 1, 27);
  x.mutable_data()[((32 + 13) * 48 + 40) * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(clahe(x), contains("image 1") && contains("row 12, column 36"));
  CHECK_THROWS_AS(clahe_tables(x), Error);
}

}  // namespace premix
