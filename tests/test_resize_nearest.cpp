#include "golden_checks/resize_nearest.hpp"
#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/resize_nearest.hpp"
#include "reference/resize_nearest.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using golden::relative_difference;
using testing::leaf;

}  // namespace

TEST_CASE("golden: nearest resize and its gradient equal the published code's framework", "[resize_nearest][golden]") {
  golden::check_resize_nearest_files(cpu());
}

TEMPLATE_TEST_CASE("nearest_downscale takes the first pixel of every block", "[resize_nearest][isa]", float, double) {
  const std::int64_t ratio = GENERATE(1, 2, 3, 4, 5);
  const auto x = leaf<TestType>({2, 11, 13, 3}, 1);
  const auto y = nearest_downscale(x, ratio);
  REQUIRE(y.shape() == Shape{2, 11 / ratio, 13 / ratio, 3});
  reference::for_each_element(y.shape(), [&](auto n, auto row, auto column, auto c) {
    CHECK(y.value()(n, row, column, c) == x.value()(n, ratio * row, ratio * column, c));
  });
}

TEMPLATE_TEST_CASE("nearest_resize equals its definition at any size", "[resize_nearest][isa]", float, double) {
  const Shape shape = GENERATE(Shape{2, 11, 13, 3}, Shape{1, 8, 12, 4}, Shape{1, 1, 5, 8}, Shape{1, 3, 1, 1});
  const auto x = leaf<TestType>(shape, 1);
  for (std::int64_t height = 1; height < 30; height += 4)
    for (std::int64_t width = 1; width < 30; width += 3) {
      const double row_step = double(shape.h) / double(height), column_step = double(shape.w) / double(width);
      const auto expected = reference::resize_nearest(x.value(), height, width, row_step, column_step);
      CHECK(relative_difference(nearest_resize(x, height, width).value(), expected) == 0);
    }
}

TEST_CASE("nearest resize's backward pass is its adjoint", "[resize_nearest][isa]") {
  const auto x = leaf<double>({2, 7, 9, 3}, 1);
  const auto check = [&](const Variable<double>& y) {
    const auto d_y = testing::uniform_image<double>(y.shape(), -1, 1, 2);
    Variable<double>(x).zero_grad();
    y.backward(d_y);
    CHECK(testing::inner_product(x.grad(), x.value()) == Approx(testing::inner_product(d_y, y.value())).epsilon(1e-13));
  };
  for (const std::int64_t ratio : {2, 3, 4}) check(nearest_downscale(x, ratio));
  for (const std::int64_t height : {1, 5, 7, 14, 20})
    for (const std::int64_t width : {1, 4, 9, 18, 25}) check(nearest_resize(x, height, width));
}

TEST_CASE("nearest resize's gradient passes the check against finite differences", "[resize_nearest][gradcheck]") {
  const auto x = leaf<double>({2, 5, 7, 2}, 1);
  const auto result = gradcheck(
      [&] {
        return std::vector{nearest_downscale(x, 2), nearest_downscale(x, 4), nearest_resize(x, 11, 3)};
      },
      {x});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
  CHECK(result.kinks == 0);
}

TEST_CASE("nearest resize's gradient has the same bits for any number of threads", "[resize_nearest][threads]") {
  const auto run = [](int count) {
    const testing::Threads scope(count);
    const auto x = leaf<float>({2, 45, 31, 5}, 1);
    const auto y = nearest_resize(x, 107, 90);
    y.backward(testing::uniform_image<float>(y.shape(), -1, 1, 2));
    return x.grad();
  };
  CHECK(testing::same_bits(run(1), run(2)));
  CHECK(testing::same_bits(run(1), run(3)));
}

TEST_CASE("nearest resize refuses empty results", "[resize_nearest][error]") {
  const auto x = leaf<float>({1, 4, 6, 2}, 1);
  CHECK_THROWS_WITH(nearest_downscale(x, 0), contains("ratio 0") && contains("(1, 4, 6, 2)"));
  CHECK_THROWS_WITH(nearest_downscale(x, 5), contains("ratio 5") && contains("(1, 4, 6, 2)"));
  CHECK_THROWS_WITH(nearest_resize(x, 0, 3), contains("0 x 3"));
  CHECK_THROWS_WITH(nearest_resize(x, 3, -1), contains("3 x -1"));
}

}  // namespace premix
