#pragma once

#include "premix/nn/residual_block.hpp"
#include "premix/ops/ewfm.hpp"

namespace premix {

struct EwfmOptions {
  int features = 32;  // channels of ms and pan
  int kernel = 3;     // of the two convolutions before the mask
  Activation activation = Activation::tanh_relu;
  std::optional<double> beta = {};  // empty: soft mask; up to 1: hard, the threshold; above 1: trainable, from 0.5
};

/// Element-wise feature mixing with the convolutions that predict its mask. ms, pan (N, H, W, D) -> both (N, H, W, D).
template <Real T>
struct Ewfm : MoveOnly {
  using Scalar = T;
  Mask mask;
  Variable<T> beta;  // (1, 1, 1, 1), trainable masks only
  ResidualBlock<T> conv;

  Ewfm(const EwfmOptions& options, std::mt19937& generator)
      : conv(options.features, options.features, options.kernel, generator) {
    mask.activation = options.activation;
    if (!options.beta) return;
    mask.kind = *options.beta > 1 ? MaskKind::trainable : MaskKind::hard;
    mask.threshold = *options.beta;
    if (mask.kind == MaskKind::trainable) beta = Variable<T>(Tensor<T>::full({1, 1, 1, 1}, T(0.5)), true);
  }

  /// Threshold of the mask: constant for a hard mask, trained for a trainable one.
  T threshold() const { return beta.empty() ? static_cast<T>(mask.threshold) : beta.value().item(); }

  /// Returns the logits of the mask: (N, H, W, D).
  Variable<T> logits(const Variable<T>& ms, const Variable<T>& pan) const { return conv(ms + pan); }

  MsPan<Variable<T>> operator()(const Variable<T>& ms, const Variable<T>& pan) const {
    return ewfm(ms, pan, logits(ms, pan), mask, beta);
  }
  static void visit(auto& self, auto&& v) {
    v("beta", self.beta);
    v("conv", self.conv);
  }
};

}  // namespace premix
