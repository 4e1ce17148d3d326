#pragma once

#include "premix/kernels/ewfm.hpp"

// What tests of mixing go through, on whichever device.
namespace premix::testing {

inline constexpr Activation activations[] = {Activation::sigmoid, Activation::tanh_relu, Activation::tanh_elu,
                                             Activation::softsign_elu, Activation::softsign_relu};
inline constexpr MaskKind mask_kinds[] = {MaskKind::soft, MaskKind::hard, MaskKind::trainable};

/// Where logits lie.
struct Range {
  double low, high;
};

/// Each piece of the activations has a range of its own.
inline constexpr Range pieces[] = {{-9, -1}, {0.2, 5.5}, {6.5, 9}};

}  // namespace premix::testing
