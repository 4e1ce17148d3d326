#pragma once

#include "reference/conv2d.hpp"

namespace premix::reference {

/// Calls fn(n, i, j, c, y, x, a, b, o) for every product. Sample (i, j) of channel c adds weight(c, a, b, o) times its
/// value to output (2i - 1 + a, 2j - 1 + b).
template <class Fn>
void for_each_contribution(const Shape& in, std::int64_t out_channels, Fn&& fn) {
  for_each_element(in, [&](auto n, auto i, auto j, auto c) {
    for (std::int64_t a = 0; a < 3; ++a)
      for (std::int64_t b = 0; b < 3; ++b) {
        const std::int64_t y = 2 * i - 1 + a, x = 2 * j - 1 + b;
        if (y < 0 || y >= 2 * in.h || x < 0 || x >= 2 * in.w) continue;
        for (std::int64_t o = 0; o < out_channels; ++o) fn(n, i, j, c, y, x, a, b, o);
      }
  });
}

/// x (N, H, W, C), weight (C, 3, 3, O), bias (1, 1, 1, O) -> (N, 2H, 2W, O).
template <Real T>
Tensor<double> conv_transpose2d(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias) {
  Grid y({x.shape().n, 2 * x.shape().h, 2 * x.shape().w, weight.shape().c});
  for_each_element(y.shape(), [&](auto n, auto row, auto column, auto o) { y(n, row, column, o) = bias(0, 0, 0, o); });
  for_each_contribution(
      x.shape(), weight.shape().c, [&](auto n, auto i, auto j, auto c, auto row, auto column, auto a, auto b, auto o) {
        y(n, row, column, o) += static_cast<double>(x(n, i, j, c)) * static_cast<double>(weight(c, a, b, o));
      });
  return y.tensor();
}

template <Real T>
ConvolutionGradients conv_transpose2d_gradients(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& d_y) {
  Grid d_x(x.shape()), d_weight(weight.shape()), d_bias({1, 1, 1, weight.shape().c});
  for_each_element(d_y.shape(),
                   [&](auto n, auto row, auto column, auto o) { d_bias(0, 0, 0, o) += d_y(n, row, column, o); });
  for_each_contribution(x.shape(), weight.shape().c,
                        [&](auto n, auto i, auto j, auto c, auto row, auto column, auto a, auto b, auto o) {
                          const double d = d_y(n, row, column, o);
                          d_x(n, i, j, c) += d * static_cast<double>(weight(c, a, b, o));
                          d_weight(c, a, b, o) += d * static_cast<double>(x(n, i, j, c));
                        });
  return {d_x.tensor(), d_weight.tensor(), d_bias.tensor()};
}

}  // namespace premix::reference
