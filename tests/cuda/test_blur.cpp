#include "cuda/on_device.hpp"
#include "golden_checks/blur.hpp"

namespace premix {

using testing::gpu;

// Less than a strip of rows, whole strips, and some rows more; images of border pixels only; less than a block, and
// more.
TEMPLATE_TEST_CASE("blur and high-pass on a GPU match the CPU to the bit", "[cuda][blur]", float, double) {
  PREMIX_REQUIRE_GPU();
  const Shape shape = GENERATE(Shape{2, 33, 47, 3}, Shape{1, 2, 2, 1}, Shape{3, 5, 2, 4}, Shape{2, 2, 31, 5},
                               Shape{2, 8, 97, 4}, Shape{1, 16, 7, 1});
  CAPTURE(shape);
  const auto x = testing::uniform_image<TestType>(shape, -1, 2, 1);
  CHECK(testing::same_bits(gaussian_blur(x.to(gpu())).to(cpu()), gaussian_blur(x)));
  CHECK(testing::same_bits(high_pass(x.to(gpu())).to(cpu()), high_pass(x)));
}

TEST_CASE("golden: blur and high-pass on a GPU match the published code", "[cuda][blur][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::check_blur_files(gpu());
}

TEST_CASE("blur refuses the same arguments on a GPU as on the CPU", "[cuda][blur]") {
  PREMIX_REQUIRE_GPU();
  CHECK_THROWS_AS(gaussian_blur(Tensor<float>::zeros({1, 1, 8, 1}, gpu())), Error);
  CHECK_THROWS_AS(high_pass(Tensor<float>::zeros({1, 8, 1, 1}, gpu())), Error);
}

}  // namespace premix
