#pragma once

#include <cmath>

#include "support/images.hpp"

namespace premix::reference {

/// Blurs by one sum over 3 x 3 pixels with the two-dimensional Gaussian, in double.
template <Real T>
Tensor<T> gaussian_blur(const Tensor<T>& x) {
  const auto reflect = [](std::int64_t i, std::int64_t size) {
    return i < 0 ? -i : (i >= size ? 2 * size - 2 - i : i);
  };
  const auto gaussian = [](std::int64_t dy, std::int64_t dx) {
    return std::exp(-static_cast<double>(dy * dy + dx * dx) / (2 * 1.5 * 1.5));
  };
  double total = 0;
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx) total += gaussian(dy, dx);
  return testing::image_of<T>(x.shape(), [&](std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t c) {
    double sum = 0;
    for (int dy = -1; dy <= 1; ++dy)
      for (int dx = -1; dx <= 1; ++dx)
        sum += gaussian(dy, dx) * x(n, reflect(row + dy, x.shape().h), reflect(column + dx, x.shape().w), c);
    return sum / total;
  });
}

}  // namespace premix::reference
