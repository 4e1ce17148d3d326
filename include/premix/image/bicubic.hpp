#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/kernels/bicubic.hpp"

namespace premix {

/// Samples x (N, H, W, C) at height x width places of a regular grid -> (N, height, width, C): cubic convolution with a
/// = -0.75 (Keys 1981) over the 4 x 4 samples around each place, edge samples repeated outside, no low-pass filter,
/// results not clipped. rows and columns say where the places lie; the functions below are its usual cases.
template <Real T>
Tensor<T> bicubic_sample(const Tensor<T>& x, std::int64_t height, std::int64_t width, AxisMap rows, AxisMap columns);

/// Resizes so that the outer borders of the corner pixels agree: source = (result + 1/2) * H / height - 1/2.
template <Real T>
Tensor<T> bicubic_resize(const Tensor<T>& x, std::int64_t height, std::int64_t width);

/// Takes one sample of every ratio x ratio pixels, at their centre: (N, floor(H / ratio), floor(W / ratio), C). It
/// differs from bicubic_resize to that size where ratio does not divide H or W: the step is the ratio itself, not the
/// quotient of the sizes.
template <Real T>
Tensor<T> bicubic_downscale(const Tensor<T>& x, double ratio);

/// Resizes so that the centres of the corner pixels agree: source = result * (H - 1) / (height - 1), or 0 where height
/// is 1.
template <Real T>
Tensor<T> bicubic_resize_align_corners(const Tensor<T>& x, std::int64_t height, std::int64_t width);

}  // namespace premix
