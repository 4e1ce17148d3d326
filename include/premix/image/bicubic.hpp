#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/kernels/bicubic.hpp"

namespace premix {

/// Samples x (N, H, W, C) on a regular grid of height x width points -> (N, height, width, C). Cubic convolution with a
/// = -0.75 (Keys 1981) over 4 x 4 samples. Edge samples are repeated outside; no low-pass filter; results are not
/// clipped. rows and columns give the grid coordinates. The functions below cover the usual cases.
template <Real T>
Tensor<T> bicubic_sample(const Tensor<T>& x, std::int64_t height, std::int64_t width, AxisMap rows, AxisMap columns);

/// Resizes with the outer borders of the corner pixels aligned: source = (result + 1/2) * H / height - 1/2.
template <Real T>
Tensor<T> bicubic_resize(const Tensor<T>& x, std::int64_t height, std::int64_t width);

/// Samples the centre of every ratio x ratio pixels: (N, floor(H / ratio), floor(W / ratio), C). Differs from
/// bicubic_resize to that size if ratio does not divide H or W: the step is the ratio, not the quotient of the sizes.
template <Real T>
Tensor<T> bicubic_downscale(const Tensor<T>& x, double ratio);

/// Resizes with the centres of the corner pixels aligned: source = result * (H - 1) / (height - 1), or 0 if height is
/// 1.
template <Real T>
Tensor<T> bicubic_resize_align_corners(const Tensor<T>& x, std::int64_t height, std::int64_t width);

namespace detail {
/// Returns floor(size / ratio).
std::int64_t whole_quotient(std::int64_t size, double ratio);
}  // namespace detail

template <Real T>
Tensor<T> bicubic_sample(const Tensor<T>& x, std::int64_t height, std::int64_t width, AxisMap rows, AxisMap columns) {
  PREMIX_CHECK(!x.empty(), "bicubic_sample: empty tensor");
  const auto [n, h, w, c] = x.shape();
  Tensor<T> y({n, height, width, c}, x.device());
  const BicubicArgs<T> args{x.data(), y.mutable_data(), n, h, w, c, height, width, rows, columns};
  on_device(x.device(), [&](auto device) { bicubic_sample(device, args); });
  return y;
}

template <Real T>
Tensor<T> bicubic_resize(const Tensor<T>& x, std::int64_t height, std::int64_t width) {
  return bicubic_sample(x, height, width, map_matching_borders(x.shape().h, height),
                        map_matching_borders(x.shape().w, width));
}

template <Real T>
Tensor<T> bicubic_downscale(const Tensor<T>& x, double ratio) {
  const Shape shape = x.shape();
  PREMIX_CHECK(ratio > 0 && shape.h >= ratio && shape.w >= ratio, "bicubic_downscale: x ", shape, " by ratio ", ratio,
               " leaves no pixel. Use a ratio above 0 and an image of at least ratio x ratio pixels.");
  const std::int64_t height = detail::whole_quotient(shape.h, ratio), width = detail::whole_quotient(shape.w, ratio);
  return bicubic_sample(x, height, width, map_from_border(ratio), map_from_border(ratio));
}

template <Real T>
Tensor<T> bicubic_resize_align_corners(const Tensor<T>& x, std::int64_t height, std::int64_t width) {
  return bicubic_sample(x, height, width, map_matching_centres(x.shape().h, height),
                        map_matching_centres(x.shape().w, width));
}

extern template Tensor<float> bicubic_sample(const Tensor<float>&, std::int64_t, std::int64_t, AxisMap, AxisMap);
extern template Tensor<double> bicubic_sample(const Tensor<double>&, std::int64_t, std::int64_t, AxisMap, AxisMap);
extern template Tensor<float> bicubic_resize(const Tensor<float>&, std::int64_t, std::int64_t);
extern template Tensor<double> bicubic_resize(const Tensor<double>&, std::int64_t, std::int64_t);
extern template Tensor<float> bicubic_downscale(const Tensor<float>&, double);
extern template Tensor<double> bicubic_downscale(const Tensor<double>&, double);
extern template Tensor<float> bicubic_resize_align_corners(const Tensor<float>&, std::int64_t, std::int64_t);
extern template Tensor<double> bicubic_resize_align_corners(const Tensor<double>&, std::int64_t, std::int64_t);

}  // namespace premix
