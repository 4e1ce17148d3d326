#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/mse_loss.hpp"
#include "premix/ops/check_alike.hpp"

namespace premix {

/// Returns the mean squared difference. prediction, target (N, H, W, C) -> (1, 1, 1, 1). The target gets no gradient.
/// One pass over the images each way; composed of subtract, multiply and mean it would take three or more, with
/// temporaries as large as the images.
template <Real T>
Variable<T> mse_loss(const Variable<T>& prediction, const Tensor<T>& target) {
  detail::check_alike("mse_loss", prediction.value(), target);
  Tensor<T> loss({1, 1, 1, 1}, prediction.device());
  on_device(prediction.device(), [&](auto device) {
    mse_loss_forward(device,
                     MseLossArgs<T>{prediction.value().data(), target.data(), loss.mutable_data(), target.size()});
  });
  return record<T>(std::move(loss), {prediction},
                   [saved_prediction = Saved<T>(prediction.value()),
                    saved_target = Saved<T>(target)](const std::vector<Tensor<T>>& d_outputs) {
                     const Tensor<T>& d_loss = d_outputs[0];
                     Tensor<T> d_prediction(saved_target.get().shape(), d_loss.device());
                     on_device(d_loss.device(), [&](auto device) {
                       mse_loss_backward(device, MseLossBackwardArgs<T>{
                                                     saved_prediction.get().data(), saved_target.get().data(),
                                                     d_loss.data(), d_prediction.mutable_data(), d_prediction.size()});
                     });
                     return std::vector{d_prediction};
                   });
}

}  // namespace premix
