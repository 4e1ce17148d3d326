#include "cuda/on_device.hpp"
#include "golden_checks/resize_nearest.hpp"
#include "premix/ops/resize_nearest.hpp"

namespace premix {
namespace {

using testing::gpu;

// Checks that a resize and its gradient have the same bits on both devices, which add in the same order.
template <Real T, class Resize>
void check_same(Shape shape, Resize&& resize) {
  const auto run = [&](Device device) {
    const auto x = testing::moved(testing::leaf<T>(shape, 1), device);
    const auto y = resize(x);
    y.backward(testing::uniform_image<T>(y.shape(), -1, 1, 2).to(device));
    return std::vector{y.value().to(cpu()), x.grad().to(cpu())};
  };
  const auto there = run(gpu()), here = run(cpu());
  CHECK(testing::same_bits(there[0], here[0]));
  CHECK(testing::same_bits(there[1], here[1]));
}

}  // namespace

TEST_CASE("golden: nearest resize on a GPU and its gradient match the published code's framework",
          "[cuda][resize_nearest][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_resize_nearest_files(gpu());
}

TEMPLATE_TEST_CASE(
    "nearest_downscale and its gradient on a GPU match the CPU to the bit, also if the ratio does not divide the size",
    "[cuda][resize_nearest]", float, double) {
  PREMIX_REQUIRE_GPU();
  const std::int64_t ratio = GENERATE(1, 2, 3, 4, 7);
  const Shape shape = GENERATE(Shape{2, 11, 13, 3}, Shape{3, 8, 7, 4}, Shape{1, 40, 9, 5});
  CAPTURE(ratio, shape);
  check_same<TestType>(shape, [&](const auto& x) { return nearest_downscale(x, ratio); });
}

TEMPLATE_TEST_CASE("nearest_resize and its gradient on a GPU match the CPU to the bit for any size",
                   "[cuda][resize_nearest]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(Shape{2, 11, 13, 3}, Shape{1, 1, 5, 8}, Shape{2, 3, 1, 1});
  const std::int64_t height = GENERATE(1, 4, 11, 30), width = GENERATE(1, 5, 13, 31);
  CAPTURE(shape, height, width);
  check_same<TestType>(shape, [&](const auto& x) { return nearest_resize(x, height, width); });
}

}  // namespace premix
