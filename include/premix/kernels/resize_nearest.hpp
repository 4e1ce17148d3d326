#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// One axis of a nearest resize. Result sample i takes source sample min(floor(i * num / den), size - 1).
struct NearestAxis {
  std::int64_t source_size, result_size;
  std::int64_t num, den;
};

PREMIX_HD std::int64_t nearest_source(const NearestAxis& axis, std::int64_t i) {
  const std::int64_t source = i * axis.num / axis.den;
  return source < axis.source_size ? source : axis.source_size - 1;
}

/// Returns the first result sample that takes source sample i or a later one. The samples of i end where those of i + 1
/// begin.
PREMIX_HD std::int64_t nearest_first_result(const NearestAxis& axis, std::int64_t i) {
  if (i >= axis.source_size) return axis.result_size;
  const std::int64_t first = (i * axis.den + axis.num - 1) / axis.num;
  return first < axis.result_size ? first : axis.result_size;
}

template <Real T>
struct NearestResizeArgs {
  const T* x;  // (N, rows.source_size, columns.source_size, C)
  T* y;        // (N, rows.result_size, columns.result_size, C)
  std::int64_t images, channels;
  NearestAxis rows, columns;
};

template <Real T>
struct NearestResizeBackwardArgs {
  const T* d_y;  // (N, rows.result_size, columns.result_size, C)
  T* d_x;        // (N, rows.source_size, columns.source_size, C)
  std::int64_t images, channels;
  NearestAxis rows, columns;
};

template <Real T>
void nearest_resize_forward(Cpu, const NearestResizeArgs<T>&);
template <Real T>
void nearest_resize_forward(Cuda, const NearestResizeArgs<T>&);
template <Real T>
void nearest_resize_backward(Cpu, const NearestResizeBackwardArgs<T>&);
template <Real T>
void nearest_resize_backward(Cuda, const NearestResizeBackwardArgs<T>&);

}  // namespace premix
