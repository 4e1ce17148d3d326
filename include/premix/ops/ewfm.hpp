#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/ewfm.hpp"

namespace premix {

/// Computation of the EWFM mask from logits. threshold applies to hard masks only.
struct Mask {
  Activation activation = Activation::tanh_relu;
  MaskKind kind = MaskKind::soft;
  double threshold = 0;
};

/// Element-wise feature mixing: ms' = (1 - mask) ms + mask pan, pan' = (1 - mask) pan + mask ms. The mask is computed
/// from the logits. ms, pan, logits (N, H, W, C); beta (1, 1, 1, 1) for trainable masks, else empty. With a hard mask
/// the logits get no gradient, not even zeros. Cui et al., 2025, element-wise feature mixing; docs/ops/ewfm.md.
template <Real T>
MsPan<Variable<T>> ewfm(const Variable<T>& ms, const Variable<T>& pan, const Variable<T>& logits, const Mask& mask,
                        const Variable<T>& beta = {}) {
  PREMIX_CHECK(ms.shape() == pan.shape() && ms.shape() == logits.shape(), "ewfm: ms ", ms.shape(), ", pan ",
               pan.shape(), ", logits ", logits.shape(), ". All must have the same shape.");
  const bool trainable = mask.kind == MaskKind::trainable;
  PREMIX_CHECK(trainable == !beta.empty(),
               "ewfm: ", trainable ? "a trainable mask needs beta" : "only a trainable mask takes beta");
  PREMIX_CHECK(!trainable || beta.value().size() == 1, "ewfm: beta ", beta.shape(), ". It must be one number.");
  const T threshold = static_cast<T>(mask.threshold);
  Tensor<T> mixed_ms(ms.shape(), ms.device()), mixed_pan(ms.shape(), ms.device());
  on_device(ms.device(), [&](auto device) {
    ewfm_forward(device,
                 EwfmArgs<T>{ms.value().data(), pan.value().data(), logits.value().data(),
                             trainable ? beta.value().data() : nullptr, mixed_ms.mutable_data(),
                             mixed_pan.mutable_data(), ms.value().size(), mask.activation, mask.kind, threshold});
  });

  std::vector<Variable<T>> inputs{ms, pan, logits};
  if (trainable) inputs.push_back(beta);
  auto results = record<T>(
      {mixed_ms, mixed_pan}, std::move(inputs),
      [mask, trainable, threshold, saved_ms = Saved<T>(ms.value()), saved_pan = Saved<T>(pan.value()),
       saved_logits = Saved<T>(logits.value()),
       saved_beta = trainable ? Saved<T>(beta.value()) : Saved<T>()](const std::vector<Tensor<T>>& d_outputs) {
        const Shape shape = saved_ms.get().shape();
        const Device where = saved_ms.get().device();
        std::vector<Tensor<T>> d_inputs{Tensor<T>(shape, where), Tensor<T>(shape, where),
                                        mask.kind == MaskKind::hard ? Tensor<T>() : Tensor<T>(shape, where)};
        if (trainable) d_inputs.push_back(Tensor<T>({1, 1, 1, 1}, where));
        on_device(where, [&](auto device) {
          ewfm_backward(device,
                        EwfmBackwardArgs<T>{saved_ms.get().data(), saved_pan.get().data(), saved_logits.get().data(),
                                            saved_beta.get().data(), d_outputs[0].data(), d_outputs[1].data(),
                                            d_inputs[0].mutable_data(), d_inputs[1].mutable_data(),
                                            d_inputs[2].empty() ? nullptr : d_inputs[2].mutable_data(),
                                            trainable ? d_inputs[3].mutable_data() : nullptr, shape.size(),
                                            mask.activation, mask.kind, threshold});
        });
        return d_inputs;
      });
  return {std::move(results[0]), std::move(results[1])};
}

}  // namespace premix
