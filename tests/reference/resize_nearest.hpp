#pragma once

#include <cmath>

#include "reference/grid.hpp"

namespace premix::reference {

/// Result sample i takes source sample floor(i * step), at most the last one. x (N, H, W, C) -> (N, height, width, C).
template <Real T>
Tensor<double> resize_nearest(const Tensor<T>& x, std::int64_t height, std::int64_t width, double row_step,
                              double column_step) {
  Grid y({x.shape().n, height, width, x.shape().c});
  for_each_element(y.shape(), [&](auto n, auto row, auto column, auto c) {
    const auto source_row =
        std::min(static_cast<std::int64_t>(std::floor(static_cast<double>(row) * row_step)), x.shape().h - 1);
    const auto source_column =
        std::min(static_cast<std::int64_t>(std::floor(static_cast<double>(column) * column_step)), x.shape().w - 1);
    y(n, row, column, c) = x(n, source_row, source_column, c);
  });
  return y.tensor();
}

}  // namespace premix::reference
