#pragma once

#include "premix/core/tensor.hpp"
#include "premix/kernels/blur.hpp"

namespace premix {

/// Applies a 3 x 3 Gaussian, sigma 1.5, to each channel. The border is reflected without repeating the edge. x (N, H,
/// W, C) -> (N, H, W, C). H and W must be at least 2.
template <Real T>
Tensor<T> gaussian_blur(const Tensor<T>& x);

/// Returns x - gaussian_blur(x): edges and texture. x (N, H, W, C) -> (N, H, W, C). H and W must be at least 2.
template <Real T>
Tensor<T> high_pass(const Tensor<T>& x);

namespace detail {

/// Returns the 3 weights, computed in type T like the published code.
template <Real T>
BlurWeights<T> gaussian_weights();

template <Real T>
BlurArgs<T> blur_args(const char* name, const Tensor<T>& x, Tensor<T>& y) {
  const Shape shape = x.shape();
  PREMIX_CHECK(!x.empty(), name, ": empty tensor");
  PREMIX_CHECK(shape.h >= 2 && shape.w >= 2, name, ": x ", shape,
               " is too small for reflection. Use at least 2 x 2 pixels.");
  y = Tensor<T>(shape, x.device());
  return {x.data(), y.mutable_data(), shape.n, shape.h, shape.w, shape.c, gaussian_weights<T>()};
}

}  // namespace detail

template <Real T>
Tensor<T> gaussian_blur(const Tensor<T>& x) {
  Tensor<T> y;
  const BlurArgs<T> args = detail::blur_args("gaussian_blur", x, y);
  on_device(x.device(), [&](auto device) { gaussian_blur(device, args); });
  return y;
}

template <Real T>
Tensor<T> high_pass(const Tensor<T>& x) {
  Tensor<T> y;
  const BlurArgs<T> args = detail::blur_args("high_pass", x, y);
  on_device(x.device(), [&](auto device) { high_pass(device, args); });
  return y;
}

extern template Tensor<float> gaussian_blur(const Tensor<float>&);
extern template Tensor<double> gaussian_blur(const Tensor<double>&);
extern template Tensor<float> high_pass(const Tensor<float>&);
extern template Tensor<double> high_pass(const Tensor<double>&);

}  // namespace premix
