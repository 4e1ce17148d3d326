#include <cmath>
#include <limits>

#include "cuda/on_device.hpp"
#include "golden_checks/clahe.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

namespace premix {
namespace {

using testing::gpu;

template <Real T>
void check_same(const Tensor<T>& x, const ClaheOptions& options = {}) {
  const ClaheTables there = clahe_tables(x.to(gpu()), options), here = clahe_tables(x, options);
  CHECK(there.cells == here.cells);
  CHECK(there.levels == here.levels);
  CHECK(testing::same_bits(clahe(x.to(gpu()), options).to(cpu()), clahe(x, options)));
}

// Returns the message with which the device refuses x.
template <Real T>
std::string refusal(const Tensor<T>& x, Device device) {
  return message_of(ErrorKind::runtime, [&] { clahe(x.to(device)); });
}

}  // namespace

// Cells that end with the image, extend beyond it, or lie fully outside; more channels than a block counts at once;
// values below 0 and above 1.
TEMPLATE_TEST_CASE("clahe and its tables on a GPU match the CPU to the bit", "[cuda][clahe]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(Shape{2, 33, 47, 3}, Shape{1, 9, 9, 4}, Shape{1, 80, 17, 1}, Shape{2, 12, 20, 5},
                               Shape{1, 16, 21, 11}, Shape{1, 32, 48, 2});
  CAPTURE(shape);
  check_same(testing::uniform_image<TestType>(shape, -0.2, 1.2, 1));
}

TEMPLATE_TEST_CASE("clahe clips, redistributes and accumulates counts on a GPU as on the CPU", "[cuda][clahe]", float,
                   double) {
  PREMIX_REQUIRE_GPU();
  const auto narrow = testing::uniform_image<TestType>({2, 40, 52, 2}, 0.2, 0.4, 2);
  const auto smooth = testing::image_of<TestType>({1, 67, 139, 3}, [](auto n, auto y, auto x, auto c) {
    return 0.5 + 0.4 * std::sin(0.2 * double(x) + double(n)) * std::cos(0.1 * double(y + c));
  });
  const double clip_limit = GENERATE(0.001, 4.0, 40.0, 256.0);  // clips to a count of 1, clips some bins, few, none
  const std::int64_t grid = GENERATE(1, 3);
  CAPTURE(clip_limit, grid);
  check_same(narrow, {.grid = grid, .clip_limit = clip_limit});
  check_same(smooth, {.grid = grid, .clip_limit = clip_limit});
}

TEST_CASE("clahe on a GPU matches the CPU for constant images", "[cuda][clahe]") {
  PREMIX_REQUIRE_GPU();
  const float value =
      GENERATE(0.0f, 0.3f, 1.0f, -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity());
  CAPTURE(value);
  check_same(Tensor<float>::full({1, 150, 170, 1}, value), {.grid = 2});
}

TEST_CASE("clahe refuses NaN on a GPU with the message of the CPU", "[cuda][clahe]") {
  PREMIX_REQUIRE_GPU();
  struct Place {
    std::int64_t n, y, x, c;
  };
  const auto place = GENERATE(Place{0, 0, 0, 0}, Place{1, 13, 40, 2}, Place{0, 31, 47, 8}, Place{1, 5, 7, 9});
  auto x = testing::uniform_image<double>({2, 32, 48, 10}, 0, 1, 3);
  x.mutable_data()[((place.n * 32 + place.y) * 48 + place.x) * 10 + place.c] = std::numeric_limits<double>::quiet_NaN();
  const std::string message = refusal(x, gpu());
  CHECK_THAT(message, contains("NaN") && contains("image " + std::to_string(place.n)));
  CHECK(message == refusal(x, cpu()));
}

TEST_CASE("golden: clahe on a GPU matches the published code, with equal tables", "[cuda][clahe][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_clahe_files(gpu());
}

}  // namespace premix
