#include "cuda/on_device.hpp"
#include "golden_checks/bicubic.hpp"

namespace premix {
namespace {

using testing::gpu;

template <Real T>
void check_same(const Tensor<T>& on_gpu, const Tensor<T>& on_cpu) {
  CHECK(testing::same_bits(on_gpu.to(cpu()), on_cpu));
}

}  // namespace

// Images smaller than the four taps; smaller and larger results; less than a strip of rows, and some rows more; less
// than a block, and more.
TEMPLATE_TEST_CASE("bicubic resizing on a GPU matches the CPU to the bit", "[cuda][bicubic]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape =
      GENERATE(Shape{2, 33, 47, 3}, Shape{1, 12, 20, 8}, Shape{3, 9, 9, 4}, Shape{1, 3, 2, 1}, Shape{2, 1, 1, 5});
  const auto [height, width] = GENERATE(std::pair{9, 13}, std::pair{50, 87}, std::pair{1, 300}, std::pair{36, 36});
  CAPTURE(shape, height, width);
  const auto x = testing::uniform_image<TestType>(shape, -1, 2, 1), there = x.to(gpu());
  check_same(bicubic_resize(there, height, width), bicubic_resize(x, height, width));
  check_same(bicubic_resize_align_corners(there, height, width), bicubic_resize_align_corners(x, height, width));
}

TEMPLATE_TEST_CASE("bicubic downscaling on a GPU matches the CPU to the bit", "[cuda][bicubic]", float, double) {
  PREMIX_REQUIRE_GPU();
  const double ratio = GENERATE(1.0, 2.0, 3.7, 4.0);
  const auto x = testing::uniform_image<TestType>({2, 43, 30, 4}, 0, 1, 2);
  check_same(bicubic_downscale(x.to(gpu()), ratio), bicubic_downscale(x, ratio));
}

TEMPLATE_TEST_CASE("bicubic samples on a GPU match the CPU to the bit, also outside the image", "[cuda][bicubic]",
                   float, double) {
  PREMIX_REQUIRE_GPU();
  const AxisMap rows =
      GENERATE(AxisMap{0.25, -3.3}, AxisMap{1, 0}, AxisMap{-0.7, 9.5}, AxisMap{100, -50}, AxisMap{0, 4.4});
  const AxisMap columns = GENERATE(AxisMap{0.3, -2}, AxisMap{-1.5, 11.25});
  CAPTURE(rows.scale, rows.offset, columns.scale, columns.offset);
  const auto x = testing::uniform_image<TestType>({2, 10, 13, 3}, -1, 1, 3);
  check_same(bicubic_sample(x.to(gpu()), 21, 17, rows, columns), bicubic_sample(x, 21, 17, rows, columns));
}

TEST_CASE("golden: bicubic resizing on a GPU matches the published code", "[cuda][bicubic][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_bicubic_files(gpu());
}

TEST_CASE("bicubic refuses the same arguments on a GPU as on the CPU", "[cuda][bicubic]") {
  PREMIX_REQUIRE_GPU();
  const auto x = Tensor<float>::zeros({1, 3, 9, 1}, gpu());
  CHECK_THROWS_AS(bicubic_downscale(x, 4), Error);
  CHECK_THROWS_AS(bicubic_resize(x, 0, 4), Error);
}

}  // namespace premix
