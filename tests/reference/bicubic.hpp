#pragma once

#include <algorithm>
#include <cmath>

#include "support/images.hpp"

namespace premix::reference {

/// Keys' kernel with a = -0.75, a piecewise function of the distance.
inline double keys(double distance) {
  const double a = -0.75, d = std::abs(distance);
  if (d <= 1) return (a + 2) * d * d * d - (a + 3) * d * d + 1;
  if (d < 2) return a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a;
  return 0;
}

/// Sums 4 x 4 samples for each result pixel. row_of and column_of map a result index to a source coordinate.
template <Real T, class RowOf, class ColumnOf>
Tensor<T> bicubic(const Tensor<T>& x, std::int64_t height, std::int64_t width, RowOf row_of, ColumnOf column_of) {
  const Shape source = x.shape();
  return testing::image_of<T>(
      {source.n, height, width, source.c}, [&](std::int64_t n, std::int64_t row, std::int64_t column, std::int64_t c) {
        const double v = row_of(static_cast<double>(row)), u = column_of(static_cast<double>(column));
        double sum = 0;
        for (auto y = static_cast<std::int64_t>(std::floor(v)) - 1; y <= std::floor(v) + 2; ++y)
          for (auto q = static_cast<std::int64_t>(std::floor(u)) - 1; q <= std::floor(u) + 2; ++q)
            sum += keys(v - static_cast<double>(y)) * keys(u - static_cast<double>(q)) *
                   x(n, std::clamp<std::int64_t>(y, 0, source.h - 1), std::clamp<std::int64_t>(q, 0, source.w - 1), c);
        return sum;
      });
}

}  // namespace premix::reference
