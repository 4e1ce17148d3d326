#pragma once

#include "premix/autograd/variable.hpp"
#include "support/images.hpp"

namespace premix::testing {

/// Returns a leaf that requires a gradient. Its values are independent and uniform between -1 and 1.
template <Real T>
Variable<T> leaf(Shape shape, std::uint32_t seed) {
  return Variable<T>(uniform_image<T>(shape, -1, 1, seed), true);
}

/// Returns such a leaf with values between low and high.
template <Real T>
Variable<T> leaf_between(Shape shape, double low, double high, std::uint32_t seed) {
  return Variable<T>(uniform_image<T>(shape, low, high, seed), true);
}

/// Returns the sum of a * b over all elements.
template <Real T>
double inner_product(const Tensor<T>& a, const Tensor<T>& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return sum;
}

}  // namespace premix::testing
