#pragma once

#include <cstdint>
#include <vector>

#include "premix/autograd/variable.hpp"
#include "premix/kernels/separable_filter.hpp"

namespace premix {

/// Taps of a filter along rows and columns. They are normalised to sum 1, along each axis.
struct SeparableTaps {
  std::vector<double> rows, columns;  // (K): 1 to 128 weights, finite, from the first pixel to the last
  std::int64_t stride = 1;            // pixels between outputs, along both axes
};

namespace detail {

/// Checked filters along both axes of an image.
template <Real T>
struct SeparableFilter {
  FilterAxis<T> rows, columns;
};

/// Throws an Error for taps or a stride that do not suit x (N, H, W, C).
template <Real T>
SeparableFilter<T> separable_filter_of(const SeparableTaps& taps, const Shape& x);

extern template SeparableFilter<float> separable_filter_of(const SeparableTaps&, const Shape&);
extern template SeparableFilter<double> separable_filter_of(const SeparableTaps&, const Shape&);

template <Real T>
Tensor<T> filtered(const Tensor<T>& x, const SeparableFilter<T>& filter) {
  const Shape from = x.shape();
  const std::int64_t height = filter.rows.out_length, width = filter.columns.out_length;
  Tensor<T> h({from.n, height, from.w, from.c}, x.device()), y({from.n, height, width, from.c}, x.device());
  on_device(x.device(), [&](auto device) {
    filter_axis_forward(device, FilterAxisArgs<T>{x.data(), h.mutable_data(), from.n, from.w * from.c, filter.rows});
    filter_axis_forward(device, FilterAxisArgs<T>{h.data(), y.mutable_data(), from.n * height, from.c, filter.columns});
  });
  return y;
}

template <Real T>
Tensor<T> filter_gradient(const Tensor<T>& d_y, const SeparableFilter<T>& filter) {
  const Shape from = d_y.shape();
  const std::int64_t height = filter.rows.in_length, width = filter.columns.in_length;
  Tensor<T> d_h({from.n, from.h, width, from.c}, d_y.device()), d_x({from.n, height, width, from.c}, d_y.device());
  on_device(d_y.device(), [&](auto device) {
    filter_axis_backward(
        device, FilterAxisBackwardArgs<T>{d_y.data(), d_h.mutable_data(), from.n * from.h, from.c, filter.columns});
    filter_axis_backward(
        device, FilterAxisBackwardArgs<T>{d_h.data(), d_x.mutable_data(), from.n, width * from.c, filter.rows});
  });
  return d_x;
}

}  // namespace detail

/// Filters each channel along rows and columns, and samples every stride-th pixel. x (N, H, W, C) -> (N, H / stride,
/// W / stride, C). Output i is the weighted sum of the inputs i * stride + (stride - K) / 2 + k, k = 0 .. K - 1, along
/// each axis: the taps are centred on the stride x stride cell of the output. At borders, the weights inside the image
/// are normalised to sum 1. So a Gaussian of MtfGaussian models an MS instrument, as in sampled_by_mtf.
///
/// Throws an Error if stride does not divide H and W, if K and stride differ in parity, or if the weights inside the
/// image lack a positive sum. Cost of an input pixel: K / stride + K / stride^2 multiply-adds each way, and a temporary
/// image of 1 / stride of the input.
template <Real T>
Tensor<T> separable_filter(const Tensor<T>& x, const SeparableTaps& taps) {
  PREMIX_CHECK(!x.empty(), "separable_filter: empty tensor");
  return detail::filtered(x, detail::separable_filter_of<T>(taps, x.shape()));
}

/// The same with a gradient.
template <Real T>
Variable<T> separable_filter(const Variable<T>& x, const SeparableTaps& taps) {
  const auto filter = detail::separable_filter_of<T>(taps, x.shape());
  return record<T>(detail::filtered(x.value(), filter), {x}, [filter](const std::vector<Tensor<T>>& d_outputs) {
    return std::vector{detail::filter_gradient(d_outputs[0], filter)};
  });
}

}  // namespace premix
