#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/l1_loss.hpp"

namespace premix {

/// Returns the mean absolute difference. prediction, target (N, H, W, C) -> (1, 1, 1, 1). The target gets no gradient.
template <Real T>
Variable<T> l1_loss(const Variable<T>& prediction, const Tensor<T>& target) {
  PREMIX_CHECK(prediction.shape() == target.shape(), "l1_loss: prediction ", prediction.shape(), " and target ",
               target.shape(), " differ in shape");
  Tensor<T> loss({1, 1, 1, 1}, prediction.device());
  on_device(prediction.device(), [&](auto device) {
    l1_loss_forward(device,
                    L1LossArgs<T>{prediction.value().data(), target.data(), loss.mutable_data(), target.size()});
  });
  return record<T>(std::move(loss), {prediction},
                   [saved_prediction = Saved<T>(prediction.value()),
                    saved_target = Saved<T>(target)](const std::vector<Tensor<T>>& d_outputs) {
                     const Tensor<T>& d_loss = d_outputs[0];
                     Tensor<T> d_prediction(saved_target.get().shape(), d_loss.device());
                     on_device(d_loss.device(), [&](auto device) {
                       l1_loss_backward(device, L1LossBackwardArgs<T>{
                                                    saved_prediction.get().data(), saved_target.get().data(),
                                                    d_loss.data(), d_prediction.mutable_data(), d_prediction.size()});
                     });
                     return std::vector{d_prediction};
                   });
}

}  // namespace premix
