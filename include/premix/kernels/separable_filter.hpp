#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Limit of K: the taps are part of the kernel's arguments, so that a launch needs no copy to a GPU.
constexpr int max_filter_taps = 128;

/// A filter along one axis. Output i is the sum over taps k of weights[k] * input[i * stride + offset + k], divided by
/// the sum of the weights inside the input.
template <Real T>
struct FilterAxis {
  T weights[max_filter_taps];          // (K): sum 1
  double sums[max_filter_taps + 1];    // (K + 1): sums of the first 0, 1, ..., K weights, before rounding to T
  std::int64_t taps, stride, offset;   // K; stride; (stride - K) / 2
  std::int64_t in_length, out_length;  // in_length = out_length * stride
};

/// Taps or outputs begin .. end - 1.
struct FilterRange {
  std::int64_t begin, end;
};

/// The filter along the middle axis of an array (outer, length, inner).
template <Real T>
struct FilterAxisArgs {
  const T* x;  // (outer, in_length, inner)
  T* y;        // (outer, out_length, inner); must not alias x
  std::int64_t outer, inner;
  FilterAxis<T> axis;
};

template <Real T>
struct FilterAxisBackwardArgs {
  const T* d_y;  // (outer, out_length, inner)
  T* d_x;        // (outer, in_length, inner); must not alias d_y
  std::int64_t outer, inner;
  FilterAxis<T> axis;
};

/// Returns the taps of output i inside the input.
template <Real T>
PREMIX_HD FilterRange filter_taps(const FilterAxis<T>& axis, std::int64_t i) {
  const std::int64_t start = i * axis.stride + axis.offset, left = axis.in_length - start;
  return {start < 0 ? -start : 0, left < axis.taps ? left : axis.taps};
}

/// Returns the outputs to which input j contributes.
template <Real T>
PREMIX_HD FilterRange filter_outputs(const FilterAxis<T>& axis, std::int64_t j) {
  // Output i has tap j - offset - i * stride, which lies in 0 .. K - 1.
  const std::int64_t last = j - axis.offset, first = last - axis.taps + 1;
  const std::int64_t begin = first <= 0 ? 0 : (first + axis.stride - 1) / axis.stride;
  const std::int64_t end = last < 0 ? 0 : last / axis.stride + 1;
  return {begin, end < axis.out_length ? end : axis.out_length};
}

/// Returns the factor that gives the weights of these taps the sum 1. It is exactly 1 for all taps.
template <Real T>
PREMIX_HD T filter_share(const FilterAxis<T>& axis, FilterRange taps) {
  return taps.end - taps.begin == axis.taps ? T(1)
                                            : static_cast<T>(1.0 / (axis.sums[taps.end] - axis.sums[taps.begin]));
}

template <Real T>
void filter_axis_forward(Cpu, const FilterAxisArgs<T>&);
template <Real T>
void filter_axis_forward(Cuda, const FilterAxisArgs<T>&);
template <Real T>
void filter_axis_backward(Cpu, const FilterAxisBackwardArgs<T>&);
template <Real T>
void filter_axis_backward(Cuda, const FilterAxisBackwardArgs<T>&);

}  // namespace premix
