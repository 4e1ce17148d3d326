#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/conv2d.hpp"
#include "premix/kernels/elementwise.hpp"

namespace premix {

namespace detail {

template <Real T>
Tensor<T> bias_gradient(const Tensor<T>& d_y) {
  Tensor<T> d_bias({1, 1, 1, d_y.shape().c}, d_y.device());
  on_device(d_y.device(), [&](auto device) {
    bias_backward(device, BiasBackwardArgs<T>{d_y.data(), d_bias.mutable_data(), d_y.shape().pixels(), d_y.shape().c});
  });
  return d_bias;
}

}  // namespace detail

/// Convolution (cross-correlation: the kernel is not flipped) with stride 1 and zero padding (K - 1) / 2.
/// x (N, H, W, C), weight (O, K, K, C) with K odd, bias (1, 1, 1, O) or empty -> (N, H, W, O).
template <Real T>
Variable<T> conv2d(const Variable<T>& x, const Variable<T>& weight, const Variable<T>& bias = {}) {
  const Shape in = x.shape(), w = weight.shape();
  PREMIX_CHECK(w.h == w.w && w.h % 2 == 1 && w.c == in.c, "conv2d: x ", in, ", weight ", w, "; weight must be (O, K, K, ", in.c,
               ") with K odd");
  PREMIX_CHECK(bias.empty() || bias.shape() == (Shape{1, 1, 1, w.n}), "conv2d: bias ", bias.shape(), ", weight ", w,
               "; bias must be (1, 1, 1, ", w.n, ")");
  const Conv2dSizes sizes{in.n, in.h, in.w, in.c, in.h, in.w, w.n, static_cast<int>(w.h), 1};
  Tensor<T> y(in.with_channels(w.n), x.device());
  on_device(x.device(), [&](auto device) {
    conv2d_forward(device, Conv2dArgs<T>{x.value().data(), weight.value().data(), bias.empty() ? nullptr : bias.value().data(),
                                         y.mutable_data(), sizes});
  });

  std::vector<Variable<T>> inputs{x, weight};
  if (!bias.empty()) inputs.push_back(bias);
  const bool wants_x = x.requires_grad(), wants_weight = weight.requires_grad(), wants_bias = !bias.empty() && bias.requires_grad();
  return record<T>(std::move(y), std::move(inputs),
                   [=, saved_x = Saved<T>(x.value()), saved_weight = Saved<T>(weight.value()),
                    has_bias = !bias.empty()](const std::vector<Tensor<T>>& d_outputs) {
                     const Tensor<T>& d_y = d_outputs[0];
                     std::vector<Tensor<T>> d_inputs(has_bias ? 3 : 2);
                     on_device(d_y.device(), [&](auto device) {
                       if (wants_x) {
                         d_inputs[0] = Tensor<T>(saved_x.get().shape(), d_y.device());
                         conv2d_backward_data(
                             device, Conv2dBackwardDataArgs<T>{d_y.data(), saved_weight.get().data(), d_inputs[0].mutable_data(), sizes});
                       }
                       if (wants_weight) {
                         d_inputs[1] = Tensor<T>(saved_weight.get().shape(), d_y.device());
                         conv2d_backward_weight(
                             device, Conv2dBackwardWeightArgs<T>{saved_x.get().data(), d_y.data(), d_inputs[1].mutable_data(), sizes});
                       }
                     });
                     if (wants_bias) d_inputs[2] = detail::bias_gradient(d_y);
                     return d_inputs;
                   });
}

}  // namespace premix
