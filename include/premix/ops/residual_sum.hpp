#pragma once

#include "premix/ops/conv2d.hpp"

namespace premix {

/// Returns x + conv2d(relu(conv2d(x, weight1)), weight2), the core of a residual block. As one operation, the sums of
/// the forward and backward pass need no pass of their own. x (N, H, W, C), weight1 (D, K, K, C), weight2 (C, K, K, D)
/// -> (N, H, W, C).
template <Real T>
Variable<T> residual_sum(const Variable<T>& x, const Variable<T>& weight1, const Variable<T>& weight2) {
  const Conv2dSizes first = detail::conv2d_sizes("residual_sum", x.shape(), weight1.shape());
  const Conv2dSizes second =
      detail::conv2d_sizes("residual_sum", x.shape().with_channels(first.out_channels), weight2.shape());
  PREMIX_CHECK(second.out_channels == x.shape().c, "residual_sum: x ", x.shape(), ", second weight ", weight2.shape(),
               ". The second weight must have ", x.shape().c, " outputs.");
  Tensor<T> h(x.shape().with_channels(first.out_channels), x.device()), y(x.shape(), x.device());
  on_device(x.device(), [&](auto device) {
    const T* from = x.value().data();
    conv2d_fused_forward(
        device,
        FusedConv2dArgs<T>{.conv = {from, weight1.value().data(), nullptr, h.mutable_data(), first}, .relu = true});
    conv2d_fused_forward(
        device, FusedConv2dArgs<T>{.conv = {h.data(), weight2.value().data(), nullptr, y.mutable_data(), second},
                                   .residual = from});
  });

  const bool wants_x = x.requires_grad(), wants_first = weight1.requires_grad(), wants_second = weight2.requires_grad();
  return record<T>(
      std::move(y), {x, weight1, weight2},
      [=, saved_x = Saved<T>(x.value()), saved_h = Saved<T>(h), saved_weight1 = Saved<T>(weight1.value()),
       saved_weight2 = Saved<T>(weight2.value())](const std::vector<Tensor<T>>& d_outputs) {
        const Tensor<T>& d_y = d_outputs[0];
        const Device where = d_y.device();
        std::vector<Tensor<T>> d_inputs(3);
        Tensor<T> d_h(saved_h.get().shape(), where);  // before the ReLU mask
        if (wants_x) d_inputs[0] = Tensor<T>(saved_x.get().shape(), where);
        if (wants_first) d_inputs[1] = Tensor<T>(saved_weight1.get().shape(), where);
        if (wants_second) d_inputs[2] = Tensor<T>(saved_weight2.get().shape(), where);
        on_device(where, [&](auto device) {
          const T *h_data = saved_h.get().data(), *x_data = saved_x.get().data();
          if (wants_second)
            conv2d_fused_backward_weight(
                device, FusedConv2dBackwardWeightArgs<T>{{h_data, d_y.data(), d_inputs[2].mutable_data(), second}});
          if (wants_x || wants_first)
            conv2d_fused_backward_data(device, FusedConv2dBackwardDataArgs<T>{{d_y.data(), saved_weight2.get().data(),
                                                                               d_h.mutable_data(), second}});
          if (wants_first)
            conv2d_fused_backward_weight(
                device, FusedConv2dBackwardWeightArgs<T>{
                            .conv = {x_data, d_h.data(), d_inputs[1].mutable_data(), first}, .y = h_data});
          if (wants_x)
            conv2d_fused_backward_data(
                device, FusedConv2dBackwardDataArgs<T>{
                            .conv = {d_h.data(), saved_weight1.get().data(), d_inputs[0].mutable_data(), first},
                            .y = h_data,
                            .residual = d_y.data()});
        });
        return d_inputs;
      });
}

}  // namespace premix
