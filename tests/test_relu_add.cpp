#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/relu.hpp"
#include "reference/grid.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using testing::leaf;
using testing::leaf_between;

// More elements than one thread's share, and not a multiple of a vector's width.
constexpr Shape large{3, 61, 103, 5};

}  // namespace

TEMPLATE_TEST_CASE("relu keeps positive values and passes gradients only there", "[relu][isa]", float, double) {
  const Shape shape = GENERATE(Shape{2, 5, 7, 3}, large);
  const auto x = leaf<TestType>(shape, 1);
  const auto y = relu(x);
  const auto d_y = testing::uniform_image<TestType>(shape, -1, 1, 2);
  y.backward(d_y);
  CHECK(testing::same_bits(y.value(), testing::image_of<TestType>(
                                          shape, [&](auto... at) { return std::max<TestType>(x.value()(at...), 0); })));
  CHECK(testing::same_bits(
      x.grad(), testing::image_of<TestType>(shape, [&](auto... at) { return x.value()(at...) > 0 ? d_y(at...) : 0; })));
}

TEMPLATE_TEST_CASE("relu's value and derivative at 0 are 0", "[relu]", float, double) {
  for (const TestType zero : {TestType(0), -TestType(0)}) {
    const Variable<TestType> x(Tensor<TestType>::full({1, 1, 1, 1}, zero), true);
    const auto y = relu(x);
    y.backward();
    CHECK(y.value().item() == 0);
    CHECK(x.grad().item() == 0);
  }
}

TEST_CASE("relu propagates NaN", "[relu][isa]") {
  const auto x = Tensor<float>::full({1, 1, 5, 7}, std::numeric_limits<float>::quiet_NaN());
  for (const float y : relu(Variable<float>(x)).value().values()) CHECK(std::isnan(y));
}

TEST_CASE("relu's gradient passes the check against finite differences on both sides", "[relu][gradcheck]") {
  const auto [low, high] = GENERATE(table<double, double>({{-1, -0.1}, {0.1, 1}}));
  const auto x = leaf_between<double>({2, 3, 5, 4}, low, high, 1);
  const auto result = gradcheck([&] { return std::vector{relu(x)}; }, {x});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
  CHECK(result.kinks == 0);
}

TEST_CASE("gradcheck distinguishes a step across relu's corner from a wrong derivative", "[relu][gradcheck]") {
  const Variable<double> x(Tensor<double>::full({1, 1, 1, 1}, 2e-6), true);  // less than one step from 0
  const auto result = gradcheck([&] { return std::vector{relu(x)}; }, {x}, {.directions = 16});
  CHECK(result.kinks > 0);
  CHECK(result.worst < 1e-6);
}

TEST_CASE("gradcheck finds a derivative with a relative error of 0.001", "[gradcheck]") {
  const auto x = leaf<double>({1, 2, 3, 4}, 1);
  const auto wrong_twice = [](const Variable<double>& v) {
    const auto y = testing::image_of<double>(v.shape(), [&](auto... at) { return 2 * v.value()(at...); });
    return record<double>(y, {v}, [](const std::vector<Tensor<double>>& d) {
      return std::vector{testing::image_of<double>(d[0].shape(), [&](auto... at) { return 2.002 * d[0](at...); })};
    });
  };
  CHECK(gradcheck([&] { return std::vector{wrong_twice(x)}; }, {x}).worst == Approx(1e-3).epsilon(1e-4));
}

TEMPLATE_TEST_CASE("add sums element by element and passes its gradient to both inputs", "[add][isa]", float, double) {
  const Shape shape = GENERATE(Shape{2, 5, 7, 3}, large);
  const auto a = leaf<TestType>(shape, 1), b = leaf<TestType>(shape, 2);
  const auto y = a + b;
  const auto d_y = testing::uniform_image<TestType>(shape, -1, 1, 3);
  y.backward(d_y);
  CHECK(testing::same_bits(
      y.value(), testing::image_of<TestType>(shape, [&](auto... at) { return a.value()(at...) + b.value()(at...); })));
  CHECK(testing::same_bits(a.grad(), d_y));
  CHECK(testing::same_bits(b.grad(), d_y));
}

TEST_CASE("add's gradients pass the check against finite differences", "[add][gradcheck]") {
  const auto a = leaf<double>({2, 3, 5, 4}, 1), b = leaf<double>({2, 3, 5, 4}, 2);
  const auto result = gradcheck([&] { return std::vector{a + b}; }, {a, b});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 8);
  CHECK(result.kinks == 0);
}

TEST_CASE("add refuses different shapes", "[add][error]") {
  CHECK_THROWS_WITH(leaf<float>({1, 2, 3, 4}, 1) + leaf<float>({1, 2, 3, 1}, 1),
                    contains("(1, 2, 3, 4)") && contains("(1, 2, 3, 1)"));
}

}  // namespace premix
