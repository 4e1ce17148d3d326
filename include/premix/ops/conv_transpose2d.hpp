#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/conv2d_fused.hpp"
#include "premix/ops/conv2d.hpp"

namespace premix {

/// Transposed convolution that doubles the size: kernel 3 x 3, stride 2, padding 1, output padding 1.
/// x (N, H, W, C), weight (C, 3, 3, O), bias (1, 1, 1, O) -> (N, 2H, 2W, O).
/// Sample (i, j) of x adds x * weight[:, a, b] to output (2i - 1 + a, 2j - 1 + b). Computed as the adjoint of the
/// convolution with stride 2 from O to C channels. The weight layout of both is the same.
template <Real T>
Variable<T> conv_transpose2d(const Variable<T>& x, const Variable<T>& weight, const Variable<T>& bias) {
  const Shape in = x.shape(), w = weight.shape();
  PREMIX_CHECK(w.n == in.c && w.h == 3 && w.w == 3, "conv_transpose2d: x ", in, ", weight ", w,
               ". The weight must be (", in.c, ", 3, 3, O).");
  PREMIX_CHECK(bias.shape() == (Shape{1, 1, 1, w.c}), "conv_transpose2d: bias ", bias.shape(), ", weight ", w,
               ". The bias must be (1, 1, 1, ", w.c, ").");
  const Conv2dSizes sizes{in.n, 2 * in.h, 2 * in.w, w.c, in.h, in.w, in.c, 3, 2};
  Tensor<T> y({in.n, 2 * in.h, 2 * in.w, w.c}, x.device());
  on_device(x.device(), [&](auto device) {
    conv_transpose2d_forward(device,
                             ConvTranspose2dArgs<T>{{x.value().data(), weight.value().data(), y.mutable_data(), sizes},
                                                    bias.value().data()});
  });

  const bool wants_x = x.requires_grad(), wants_weight = weight.requires_grad(), wants_bias = bias.requires_grad();
  return record<T>(std::move(y), {x, weight, bias},
                   [=, saved_x = Saved<T>(x.value()),
                    saved_weight = Saved<T>(weight.value())](const std::vector<Tensor<T>>& d_outputs) {
                     const Tensor<T>& d_y = d_outputs[0];
                     std::vector<Tensor<T>> d_inputs(3);
                     on_device(d_y.device(), [&](auto device) {
                       if (wants_x) {
                         d_inputs[0] = Tensor<T>(saved_x.get().shape(), d_y.device());
                         conv2d_forward(device, Conv2dArgs<T>{d_y.data(), saved_weight.get().data(), nullptr,
                                                              d_inputs[0].mutable_data(), sizes});
                       }
                       if (wants_weight) {
                         d_inputs[1] = Tensor<T>(saved_weight.get().shape(), d_y.device());
                         conv2d_backward_weight(device, Conv2dBackwardWeightArgs<T>{d_y.data(), saved_x.get().data(),
                                                                                    d_inputs[1].mutable_data(), sizes});
                       }
                     });
                     if (wants_bias) d_inputs[2] = detail::bias_gradient(d_y);
                     return d_inputs;
                   });
}

}  // namespace premix
