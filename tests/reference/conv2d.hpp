#pragma once

#include "reference/grid.hpp"

// A convolution is a sum of products. Output (y, x, o) sums x(row, column, c) * weight(o, dy, dx, c) over row = stride
// y + dy - P inside the image, and column likewise. One loop lists the products. The forward pass and both gradients
// add them under different indices.
namespace premix::reference {

/// Calls fn(n, y, x, o, row, column, dy, dx, c) for every product.
template <class Fn>
void for_each_product(const Shape& in, const Shape& out, std::int64_t kernel, std::int64_t stride, Fn&& fn) {
  const std::int64_t padding = (kernel - 1) / 2;
  for_each_element(out, [&](auto n, auto y, auto x, auto o) {
    for (std::int64_t dy = 0; dy < kernel; ++dy)
      for (std::int64_t dx = 0; dx < kernel; ++dx) {
        const std::int64_t row = stride * y + dy - padding, column = stride * x + dx - padding;
        if (row < 0 || row >= in.h || column < 0 || column >= in.w) continue;
        for (std::int64_t c = 0; c < in.c; ++c) fn(n, y, x, o, row, column, dy, dx, c);
      }
  });
}

/// x (N, H, W, C), weight (O, K, K, C), bias (1, 1, 1, O) or empty -> (N, H, W, O). Stride 2: -> (N, H / 2, W / 2, O).
template <Real T>
Tensor<double> conv2d(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias = {},
                      std::int64_t stride = 1) {
  Grid y({x.shape().n, x.shape().h / stride, x.shape().w / stride, weight.shape().n});
  if (!bias.empty())
    for_each_element(y.shape(),
                     [&](auto n, auto row, auto column, auto o) { y(n, row, column, o) = bias(0, 0, 0, o); });
  for_each_product(x.shape(), y.shape(), weight.shape().h, stride,
                   [&](auto n, auto i, auto j, auto o, auto row, auto column, auto dy, auto dx, auto c) {
                     y(n, i, j, o) +=
                         static_cast<double>(x(n, row, column, c)) * static_cast<double>(weight(o, dy, dx, c));
                   });
  return y.tensor();
}

struct ConvolutionGradients {
  Tensor<double> x, weight, bias;
};

template <Real T>
ConvolutionGradients conv2d_gradients(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& d_y) {
  Grid d_x(x.shape()), d_weight(weight.shape()), d_bias({1, 1, 1, weight.shape().n});
  for_each_element(d_y.shape(), [&](auto n, auto i, auto j, auto o) { d_bias(0, 0, 0, o) += d_y(n, i, j, o); });
  for_each_product(x.shape(), d_y.shape(), weight.shape().h, 1,
                   [&](auto n, auto i, auto j, auto o, auto row, auto column, auto dy, auto dx, auto c) {
                     const double d = d_y(n, i, j, o);
                     d_x(n, row, column, c) += d * static_cast<double>(weight(o, dy, dx, c));
                     d_weight(o, dy, dx, c) += d * static_cast<double>(x(n, row, column, c));
                   });
  return {d_x.tensor(), d_weight.tensor(), d_bias.tensor()};
}

}  // namespace premix::reference
