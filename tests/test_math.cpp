#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/catch.hpp"
#include "support/math_sweep.hpp"

namespace premix {
namespace {

// Reference precision: double for float, long double for double.
template <Real T>
using Wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <Real T>
Wider<T> exact(Formula formula, Wider<T> x) {
  if (formula == Formula::exp) return std::exp(x);
  if (formula == Formula::tanh) return std::tanh(x);
  return 1 / (1 + std::exp(-x));
}

template <Real T>
std::vector<T> evaluated(Formula formula, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  evaluate(Cpu{}, FormulaArgs<T>{x.data(), y.data(), static_cast<std::int64_t>(x.size()), formula});
  return y;
}

// Every 997th float between two bounds, of either sign. For double a million random numbers, half of them with uniform
// exponents.
template <Real T>
std::vector<T> sweep(T low, T high) {
  std::vector<T> x;
  const auto add = [&](T value) {
    if (value >= low && value <= high) x.push_back(value);
  };
  if constexpr (std::is_same_v<T, float>) {
    for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 997)
      add(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  } else {
    std::mt19937_64 generator(1);
    std::uniform_real_distribution<double> flat(std::max(low, -800.0), std::min(high, 800.0)), magnitude(-40, 3);
    for (int i = 0; i < 500000; ++i) {
      add(flat(generator));
      add((i % 2 == 0 ? 1 : -1) * std::pow(10, magnitude(generator)));
    }
  }
  return x;
}

struct Worst {
  double ulp = 0, x = 0;
};

// Largest distance from the exact value, in units of the exact value's last place.
template <Real T>
Worst worst_ulp(Formula formula, T low, T high) {
  const std::vector<T> x = sweep(low, high), y = evaluated(formula, x);
  REQUIRE(x.size() > 100000);
  Worst worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Wider<T> expected = exact<T>(formula, x[i]);
    const T near = std::abs(static_cast<T>(expected));
    const T unit = std::nextafter(near, std::numeric_limits<T>::infinity()) - near;
    const auto ulp = static_cast<double>(std::abs(y[i] - expected) / unit);
    if (!(ulp <= worst.ulp)) worst = {ulp, static_cast<double>(x[i])};
  }
  return worst;
}

constexpr float infinite = std::numeric_limits<float>::infinity();

}  // namespace

TEMPLATE_TEST_CASE("exp, sigmoid and tanh are within 2 units of the last place", "[math][isa]", float, double) {
  const auto [formula, low, high] =
      GENERATE(table<Formula, TestType, TestType>({{Formula::exp, TestType(-87.3f), TestType(88.3f)},
                                                   {Formula::sigmoid, TestType(-87.3f), TestType(1e30)},
                                                   {Formula::tanh, TestType(-1e30), TestType(1e30)}}));
  const Worst worst = worst_ulp<TestType>(formula, low, high);
  INFO("formula " << static_cast<int>(formula) << ", at " << worst.x);
  CHECK(worst.ulp <= 2);
}

TEST_CASE("exp, sigmoid and tanh reach their limits beyond the range of a float", "[math][isa]") {
  const std::vector<float> far{-88, -100, -3e38f, -infinite, 89, 100, 3e38f, infinite};
  const auto exponential = evaluated(Formula::exp, far), sigmoid = evaluated(Formula::sigmoid, far),
             tanh = evaluated(Formula::tanh, far);
  for (std::size_t i = 0; i < far.size(); ++i) {
    INFO("at " << far[i]);
    const bool right = far[i] > 0;
    CHECK((right ? exponential[i] > 2e38f && std::isfinite(exponential[i])
                 : exponential[i] >= 0 && exponential[i] < 1.3e-38f));
    CHECK((right ? sigmoid[i] == 1 : sigmoid[i] >= 0 && sigmoid[i] < 1.3e-38f));
    CHECK(tanh[i] == (right ? 1.0f : -1.0f));
  }
}

TEMPLATE_TEST_CASE("exp, sigmoid and tanh propagate NaN", "[math][isa]", float, double) {
  const auto formula = GENERATE(Formula::exp, Formula::sigmoid, Formula::tanh);
  const TestType nan = std::numeric_limits<TestType>::quiet_NaN();
  for (const TestType y : evaluated<TestType>(formula, {nan, -nan})) CHECK(std::isnan(y));
}

}  // namespace premix
