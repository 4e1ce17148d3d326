#pragma once

#include "premix/core/tensor.hpp"
#include "premix/ops/separable_filter.hpp"

namespace premix::testing {

/// The definition, output by output, along both axes at once and in double.
template <Real T>
Tensor<T> reference_separable_filter(const Tensor<T>& x, const SeparableTaps& taps) {
  const Shape from = x.shape(), to{from.n, from.h / taps.stride, from.w / taps.stride, from.c};
  const auto rows = static_cast<std::int64_t>(taps.rows.size()),
             columns = static_cast<std::int64_t>(taps.columns.size());
  Tensor<T> y(to);
  T* out = y.mutable_data();
  for (std::int64_t n = 0; n < to.n; ++n)
    for (std::int64_t i = 0; i < to.h; ++i)
      for (std::int64_t j = 0; j < to.w; ++j)
        for (std::int64_t c = 0; c < to.c; ++c) {
          double sum = 0, weights = 0;
          for (std::int64_t k = 0; k < rows; ++k)
            for (std::int64_t l = 0; l < columns; ++l) {
              const std::int64_t row = i * taps.stride + (taps.stride - rows) / 2 + k,
                                 column = j * taps.stride + (taps.stride - columns) / 2 + l;
              if (row < 0 || row >= from.h || column < 0 || column >= from.w) continue;
              const double weight = taps.rows[static_cast<std::size_t>(k)] * taps.columns[static_cast<std::size_t>(l)];
              sum += weight * static_cast<double>(x(n, row, column, c));
              weights += weight;
            }
          *out++ = static_cast<T>(sum / weights);
        }
  return y;
}

}  // namespace premix::testing
