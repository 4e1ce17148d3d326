#include "premix/autograd/gradcheck.hpp"
#include "premix/ops/abs.hpp"
#include "premix/ops/sigmoid.hpp"
#include "premix/ops/sqrt.hpp"
#include "support/catch.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using testing::leaf;
using testing::leaf_between;
using testing::same_bits;

// More than one thread's share, and no multiple of any vector's width.
constexpr Shape large{3, 61, 103, 5};

template <Real T>
Variable<T> number(T value) {
  return Variable<T>(Tensor<T>::full({1, 1, 1, 1}, value), true);
}

void check_gradient(Variable<double> (*fn)(const Variable<double>&), const Variable<double>& x) {
  const auto result = gradcheck([&] { return std::vector{fn(x)}; }, {x});
  CHECK(result.worst < 1e-6);
  CHECK(result.checked == 4);
  CHECK(result.kinks == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("abs and sqrt are exact, and sigmoid is within 2 ulp", "[unary][isa]", float, double) {
  const Shape shape = GENERATE(Shape{2, 5, 7, 3}, large);
  const auto x = testing::uniform_image<TestType>(shape, -3, 3, 1);
  const auto positive = testing::uniform_image<TestType>(shape, 0, 3, 1);
  CHECK(same_bits(abs(Variable<TestType>(x)).value(),
                  testing::image_of<TestType>(shape, [&](auto... at) { return std::abs(x(at...)); })));
  CHECK(same_bits(sqrt(Variable<TestType>(positive)).value(),
                  testing::image_of<TestType>(shape, [&](auto... at) { return std::sqrt(positive(at...)); })));
  const auto y = sigmoid(Variable<TestType>(x)).value();
  const auto exact =
      testing::image_of<double>(shape, [&](auto... at) { return 1 / (1 + std::exp(-static_cast<double>(x(at...)))); });
  double worst = 0;
  for (std::int64_t i = 0; i < y.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(y.data()[i]) / exact.data()[i] - 1));
  CHECK(worst <= 2.0 * std::numeric_limits<TestType>::epsilon());
}

TEST_CASE("gradients of abs, sqrt and sigmoid pass the check against finite differences on both sides",
          "[unary][gradcheck][isa]") {
  const auto [low, high] = GENERATE(table<double, double>({{-2, -0.1}, {0.1, 2}}));
  const auto x = leaf_between<double>({2, 3, 5, 4}, low, high, 1);
  check_gradient(abs<double>, x);
  check_gradient(sigmoid<double>, x);
  if (low > 0) check_gradient(sqrt<double>, x);
}

TEMPLATE_TEST_CASE("the derivative of abs at 0 is 0, of sqrt infinite", "[unary]", float, double) {
  for (const TestType zero : {TestType(0), -TestType(0)}) {
    const auto x = number(zero), u = number(zero);
    const auto y = abs(x);
    y.backward();
    CHECK(y.value().item() == 0);
    CHECK(!std::signbit(y.value().item()));
    CHECK(x.grad().item() == 0);
    sqrt(u).backward();
    CHECK(std::isinf(u.grad().item()));
  }
}

TEMPLATE_TEST_CASE("sqrt of a negative number is NaN, and abs, sqrt and sigmoid pass NaN on", "[unary][isa]", float,
                   double) {
  CHECK(std::isnan(sqrt(number(TestType(-1))).value().item()));
  const auto nan = number(std::numeric_limits<TestType>::quiet_NaN());
  CHECK(std::isnan(abs(nan).value().item()));
  CHECK(std::isnan(sqrt(nan).value().item()));
  CHECK(std::isnan(sigmoid(nan).value().item()));
}

TEMPLATE_TEST_CASE("sigmoid and its gradient are finite for any finite x", "[unary][isa]", float, double) {
  for (const TestType far : {TestType(-1e30), TestType(-100), TestType(100), TestType(1e30)}) {
    const auto x = number(far);
    const auto y = sigmoid(x);
    y.backward();
    CHECK(y.value().item() == Approx(far > 0 ? 1 : 0).margin(1e-30));
    CHECK(x.grad().item() == Approx(0).margin(1e-30));
  }
}

}  // namespace premix
