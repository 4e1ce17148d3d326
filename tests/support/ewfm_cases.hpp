#pragma once

#include "premix/kernels/ewfm.hpp"

// Cases of the EWFM tests, for every device.
namespace premix::testing {

inline constexpr Activation activations[] = {Activation::sigmoid, Activation::tanh_relu, Activation::tanh_elu,
                                             Activation::softsign_elu, Activation::softsign_relu};
inline constexpr MaskKind mask_kinds[] = {MaskKind::soft, MaskKind::hard, MaskKind::trainable};

/// Bounds of the logits.
struct Range {
  double low, high;
};

/// One range for each piece of the activations.
inline constexpr Range pieces[] = {{-9, -1}, {0.2, 5.5}, {6.5, 9}};

}  // namespace premix::testing
