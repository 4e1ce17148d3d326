#include "golden_checks/blur.hpp"
#include "premix/core/parallel.hpp"
#include "premix/image/blur.hpp"
#include "reference/blur.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"

namespace premix {

TEST_CASE("golden: blur and high-pass match the published code", "[blur][golden]") { golden::check_blur_files(cpu()); }

TEMPLATE_TEST_CASE("blur equals the sum over 3 x 3 pixels", "[blur]", float, double) {
  const Shape shape =
      GENERATE(Shape{2, 33, 47, 3}, Shape{1, 12, 20, 8}, Shape{1, 9, 9, 4}, Shape{2, 2, 5, 1}, Shape{1, 5, 2, 4});
  const auto x = testing::uniform_image<TestType>(shape, -1, 2, 7);
  CHECK(testing::largest_difference(gaussian_blur(x), reference::gaussian_blur(x)) <
        8 * std::numeric_limits<TestType>::epsilon());
}

TEMPLATE_TEST_CASE("blur and high-pass add up to the image", "[blur]", float, double) {
  const auto x = testing::uniform_image<TestType>({2, 33, 47, 4}, -1, 2, 8);
  const auto blurred = gaussian_blur(x), detail = high_pass(x);
  const auto sum = testing::image_of<TestType>(x.shape(), [&](auto n, auto row, auto column, auto c) {
    return blurred(n, row, column, c) + detail(n, row, column, c);
  });
  CHECK(testing::largest_difference(sum, x) < 4 * std::numeric_limits<TestType>::epsilon());
}

TEST_CASE("blur keeps a constant and a linear ramp away from the border", "[blur]") {
  const auto ramp =
      testing::image_of<double>({1, 9, 11, 2}, [](auto, auto y, auto x, auto c) { return 1 + 3 * y - 2 * x + c; });
  const auto blurred = gaussian_blur(ramp);
  for (std::int64_t y = 1; y < 8; ++y)
    for (std::int64_t x = 1; x < 10; ++x) CHECK(blurred(0, y, x, 1) == Approx(ramp(0, y, x, 1)).margin(1e-13));
  CHECK(testing::largest_difference(gaussian_blur(Tensor<double>::full({1, 3, 4, 1}, 0.3)),
                                    Tensor<double>::full({1, 3, 4, 1}, 0.3)) < 1e-15);
}

TEST_CASE("blur gives the same bits with one thread and with several", "[blur][threads]") {
  const auto x = testing::uniform_image<float>({2, 203, 301, 4}, 0, 1, 9);
  const int before = threads();
  set_threads(1);
  const auto one = high_pass(x);
  set_threads(3);
  const auto several = high_pass(x);
  set_threads(before);
  CHECK(testing::same_bits(one, several));
}

TEST_CASE("blur refuses an image too small for reflection", "[blur][error]") {
  CHECK_THROWS_WITH(gaussian_blur(Tensor<float>::zeros({1, 1, 8, 1})),
                    contains("gaussian_blur") && contains("(1, 1, 8, 1)"));
  CHECK_THROWS_WITH(high_pass(Tensor<float>::zeros({1, 8, 1, 1})), contains("high_pass") && contains("(1, 8, 1, 1)"));
  CHECK_THROWS_AS(gaussian_blur(Tensor<float>()), Error);
}

}  // namespace premix
