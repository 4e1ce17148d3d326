#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/arithmetic.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using testing::leaf;
using testing::leaf_between;
using testing::same_bits;

// More than one thread's share, and no multiple of any vector's width.
constexpr Shape large{3, 61, 103, 5};

// Away from 0, of either sign.
Variable<double> divisor(double sign) {
  return leaf_between<double>({2, 3, 5, 4}, sign > 0 ? 0.5 : -2, sign > 0 ? 2 : -0.5, 2);
}

void check_gradient(const std::function<Variable<double>()>& fn, const std::vector<Variable<double>>& inputs) {
  const auto result = gradcheck([&] { return std::vector{fn()}; }, inputs);
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4 * inputs.size());
  CHECK(result.kinks == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("differences, products and quotients are those of the elements", "[arithmetic][isa]", float,
                   double) {
  const Shape shape = GENERATE(Shape{2, 5, 7, 3}, large);
  const auto a = leaf<TestType>(shape, 1), b = leaf_between<TestType>(shape, 0.5, 2, 2);
  const auto check = [&](const Variable<TestType>& y, auto value) {
    CHECK(same_bits(y.value(), testing::image_of<TestType>(
                                   shape, [&](auto... at) { return value(a.value()(at...), b.value()(at...)); })));
  };
  check(a - b, [](TestType x, TestType y) { return x - y; });
  check(a * b, [](TestType x, TestType y) { return x * y; });
  check(a / b, [](TestType x, TestType y) { return x / y; });
  check(TestType(0.3) * a, [](TestType x, TestType) { return TestType(0.3) * x; });
  check(a * TestType(0.3), [](TestType x, TestType) { return TestType(0.3) * x; });
  check(a + TestType(0.3), [](TestType x, TestType) { return x + TestType(0.3); });
}

TEST_CASE("gradients of arithmetic pass the check against finite differences", "[arithmetic][gradcheck][isa]") {
  const auto a = leaf<double>({2, 3, 5, 4}, 1), b = divisor(GENERATE(-1.0, 1.0));
  check_gradient([&] { return a - b; }, {a, b});
  check_gradient([&] { return a * b; }, {a, b});
  check_gradient([&] { return a / b; }, {a, b});
  check_gradient([&] { return -0.7 * a; }, {a});
  check_gradient([&] { return (a + 0.7) * b; }, {a, b});
}

TEST_CASE("gradients of arithmetic add up where both operands are one variable", "[arithmetic][gradcheck]") {
  const auto a = divisor(1);
  check_gradient([&] { return a * a; }, {a});
  check_gradient([&] { return (a - a * a) / (a + 1); }, {a});
}

TEST_CASE("gradients of x - x and x / x are 0", "[arithmetic]") {
  auto x = divisor(1);
  const auto zeros = Tensor<double>::zeros(x.shape());
  (x - x).backward(Tensor<double>::full(x.shape(), 1));
  CHECK(testing::largest_difference(x.grad(), zeros) == 0);
  x.zero_grad();
  (x / x).backward(Tensor<double>::full(x.shape(), 1));
  CHECK(testing::largest_difference(x.grad(), zeros) < 1e-15);
}

TEST_CASE("arithmetic detects an operand that changed before the backward pass", "[arithmetic][error]") {
  auto a = leaf_between<float>({1, 2, 3, 4}, 1, 2, 1);
  const auto y = GENERATE(0, 1) == 0 ? a * a : a / a;
  a.mutable_value().mutable_data()[0] = 5;
  CHECK_THROWS_WITH(y.backward(Tensor<float>::full({1, 2, 3, 4}, 1)), contains("changed after an operation used it"));
}

TEST_CASE("quotients by zero follow IEEE 754", "[arithmetic]") {
  const auto quotient = [](double a, double b) {
    return divide(Variable<double>(Tensor<double>::full({1, 1, 1, 1}, a)),
                  Variable<double>(Tensor<double>::full({1, 1, 1, 1}, b)))
        .value()
        .item();
  };
  CHECK(quotient(1, 0) == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(quotient(0, 0)));
}

TEST_CASE("arithmetic refuses shapes that differ and names both", "[arithmetic][error]") {
  const auto a = leaf<float>({1, 2, 3, 4}, 1), b = leaf<float>({1, 2, 3, 1}, 1);
  const auto first = contains("(1, 2, 3, 4)"), second = contains("(1, 2, 3, 1)");
  CHECK_THROWS_WITH(a - b, contains("subtract") && first && second);
  CHECK_THROWS_WITH(a * b, contains("multiply") && first && second);
  CHECK_THROWS_WITH(a / b, contains("divide") && first && second);
}

}  // namespace premix
