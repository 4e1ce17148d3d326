#include "premix/image/blur.hpp"

#include <cmath>

#include "premix/kernels/blur.hpp"

namespace premix {
namespace {

// In the type's own arithmetic, as the published code computes them.
template <Real T>
BlurWeights<T> gaussian_weights() {
  const T sigma = T(1.5);
  const T side = std::exp(T(-1) / (T(2) * sigma * sigma));
  const T sum = side + T(1) + side;
  return {side / sum, T(1) / sum};
}

template <Real T>
BlurArgs<T> blur_args(const char* name, const Tensor<T>& x, Tensor<T>& y) {
  const Shape shape = x.shape();
  PREMIX_CHECK(!x.empty(), name, ": the tensor holds nothing");
  PREMIX_CHECK(shape.h >= 2 && shape.w >= 2, name, ": x ", shape,
               " can't be reflected at its border; give at least 2 x 2 pixels");
  y = Tensor<T>(shape, x.device());
  return {x.data(), y.mutable_data(), shape.n, shape.h, shape.w, shape.c, gaussian_weights<T>()};
}

}  // namespace

template <Real T>
Tensor<T> gaussian_blur(const Tensor<T>& x) {
  Tensor<T> y;
  const BlurArgs<T> args = blur_args("gaussian_blur", x, y);
  on_device(x.device(), [&](auto device) { gaussian_blur(device, args); });
  return y;
}

template <Real T>
Tensor<T> high_pass(const Tensor<T>& x) {
  Tensor<T> y;
  const BlurArgs<T> args = blur_args("high_pass", x, y);
  on_device(x.device(), [&](auto device) { high_pass(device, args); });
  return y;
}

template Tensor<float> gaussian_blur(const Tensor<float>&);
template Tensor<double> gaussian_blur(const Tensor<double>&);
template Tensor<float> high_pass(const Tensor<float>&);
template Tensor<double> high_pass(const Tensor<double>&);

}  // namespace premix
