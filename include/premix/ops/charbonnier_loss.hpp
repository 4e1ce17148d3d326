#pragma once

#include <type_traits>

#include "premix/autograd/variable.hpp"
#include "premix/kernels/charbonnier_loss.hpp"
#include "premix/ops/check_alike.hpp"

namespace premix {

/// Returns the mean of sqrt(d^2 + epsilon^2), d = prediction - target: a smooth l1_loss (Charbonnier et al. 1994).
/// prediction, target (N, H, W, C) -> (1, 1, 1, 1). epsilon: from 1e-15 to 1e15, in the unit of the images. The target
/// gets no gradient. One pass over the images each way; composed of other operations it would take five or more.
template <Real T>
Variable<T> charbonnier_loss(const Variable<T>& prediction, const Tensor<T>& target,
                             std::type_identity_t<T> epsilon = T(1e-3)) {
  detail::check_alike("charbonnier_loss", prediction.value(), target);
  PREMIX_CHECK(epsilon >= T(1e-15) && epsilon <= T(1e15), "charbonnier_loss: epsilon ", epsilon, " for prediction ",
               prediction.shape(), ". Use a number from 1e-15 to 1e15.");
  Tensor<T> loss({1, 1, 1, 1}, prediction.device());
  on_device(prediction.device(), [&](auto device) {
    charbonnier_loss_forward(device, CharbonnierLossArgs<T>{prediction.value().data(), target.data(),
                                                            loss.mutable_data(), epsilon, target.size()});
  });
  return record<T>(std::move(loss), {prediction},
                   [epsilon, saved_prediction = Saved<T>(prediction.value()),
                    saved_target = Saved<T>(target)](const std::vector<Tensor<T>>& d_outputs) {
                     const Tensor<T>& d_loss = d_outputs[0];
                     Tensor<T> d_prediction(saved_target.get().shape(), d_loss.device());
                     on_device(d_loss.device(), [&](auto device) {
                       charbonnier_loss_backward(
                           device, CharbonnierLossBackwardArgs<T>{
                                       saved_prediction.get().data(), saved_target.get().data(), d_loss.data(),
                                       d_prediction.mutable_data(), epsilon, d_prediction.size()});
                     });
                     return std::vector{d_prediction};
                   });
}

}  // namespace premix
