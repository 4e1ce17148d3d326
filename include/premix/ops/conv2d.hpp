#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/conv2d_fused.hpp"

namespace premix {

/// Activation fused into a convolution.
enum class Conv2dActivation { none, relu };

namespace detail {

inline Conv2dSizes conv2d_sizes(const char* name, const Shape& x, const Shape& w) {
  PREMIX_CHECK(w.h == w.w && w.h % 2 == 1 && w.c == x.c, name, ": x ", x, ", weight ", w,
               ". The weight must be (O, K, K, ", x.c, ") with K odd.");
  return {x.n, x.h, x.w, x.c, x.h, x.w, w.n, static_cast<int>(w.h), 1};
}

template <Real T>
Tensor<T> bias_gradient(const Tensor<T>& d_y) {
  Tensor<T> d_bias({1, 1, 1, d_y.shape().c}, d_y.device());
  on_device(d_y.device(), [&](auto device) {
    bias_backward(device, BiasBackwardArgs<T>{d_y.data(), d_bias.mutable_data(), d_y.shape().pixels(), d_y.shape().c});
  });
  return d_bias;
}

}  // namespace detail

/// Convolution (cross-correlation: the kernel is not flipped) with stride 1 and zero padding (K - 1) / 2, optionally
/// followed by ReLU. x (N, H, W, C), weight (O, K, K, C) with K odd, bias (1, 1, 1, O) or empty -> (N, H, W, O).
template <Real T>
Variable<T> conv2d(const Variable<T>& x, const Variable<T>& weight, const Variable<T>& bias = {},
                   Conv2dActivation activation = Conv2dActivation::none) {
  const Conv2dSizes sizes = detail::conv2d_sizes("conv2d", x.shape(), weight.shape());
  PREMIX_CHECK(bias.empty() || bias.shape() == (Shape{1, 1, 1, weight.shape().n}), "conv2d: bias ", bias.shape(),
               ", weight ", weight.shape(), ". The bias must be (1, 1, 1, ", weight.shape().n, ").");
  Tensor<T> y(x.shape().with_channels(sizes.out_channels), x.device());
  on_device(x.device(), [&](auto device) {
    const T* bias_data = bias.empty() ? nullptr : bias.value().data();
    conv2d_fused_forward(device, FusedConv2dArgs<T>{.conv = {x.value().data(), weight.value().data(), bias_data,
                                                             y.mutable_data(), sizes},
                                                    .relu = activation == Conv2dActivation::relu});
  });

  std::vector<Variable<T>> inputs{x, weight};
  if (!bias.empty()) inputs.push_back(bias);
  const bool wants_x = x.requires_grad(), wants_weight = weight.requires_grad(),
             wants_bias = !bias.empty() && bias.requires_grad();
  const Saved<T> saved_y = activation == Conv2dActivation::relu ? Saved<T>(y) : Saved<T>();
  return record<T>(
      std::move(y), std::move(inputs),
      [=, saved_x = Saved<T>(x.value()), saved_weight = Saved<T>(weight.value()),
       has_bias = !bias.empty()](const std::vector<Tensor<T>>& d_outputs) {
        const Tensor<T>& d_y = d_outputs[0];
        const T* y_data = saved_y.get().data();  // null without relu
        std::vector<Tensor<T>> d_inputs(has_bias ? 3 : 2);
        if (wants_x) d_inputs[0] = Tensor<T>(saved_x.get().shape(), d_y.device());
        if (wants_weight) d_inputs[1] = Tensor<T>(saved_weight.get().shape(), d_y.device());
        if (wants_bias) d_inputs[2] = Tensor<T>({1, 1, 1, d_y.shape().c}, d_y.device());
        on_device(d_y.device(), [&](auto device) {
          if (wants_x)
            conv2d_fused_backward_data(
                device,
                FusedConv2dBackwardDataArgs<T>{
                    .conv = {d_y.data(), saved_weight.get().data(), d_inputs[0].mutable_data(), sizes}, .y = y_data});
          if (wants_weight || wants_bias)
            conv2d_fused_backward_weight(
                device,
                FusedConv2dBackwardWeightArgs<T>{.conv = {saved_x.get().data(), d_y.data(),
                                                          wants_weight ? d_inputs[1].mutable_data() : nullptr, sizes},
                                                 .y = y_data,
                                                 .d_bias = wants_bias ? d_inputs[2].mutable_data() : nullptr});
        });
        return d_inputs;
      });
}

}  // namespace premix
