#pragma once

#include "premix/kernels/ewfm.hpp"

// Maps the activation and mask of the argument structs to template arguments of a loop or kernel. Always inlined, like
// the formulas: files of src/cpu must not emit an out-of-line copy (src/cpu/isa.hpp).

namespace premix::kernels {

template <Activation activation, class Fn>
[[gnu::always_inline]] inline void with_kind(MaskKind kind, const Fn& fn) {
  switch (kind) {
    case MaskKind::soft:
      return fn.template operator()<activation, MaskKind::soft>();
    case MaskKind::hard:
      return fn.template operator()<activation, MaskKind::hard>();
    case MaskKind::trainable:
      return fn.template operator()<activation, MaskKind::trainable>();
  }
}

/// Calls fn.template operator()<activation, kind>().
template <class Fn>
[[gnu::always_inline]] inline void with_mask(Activation activation, MaskKind kind, const Fn& fn) {
  switch (activation) {
    case Activation::sigmoid:
      return with_kind<Activation::sigmoid>(kind, fn);
    case Activation::tanh_relu:
      return with_kind<Activation::tanh_relu>(kind, fn);
    case Activation::tanh_elu:
      return with_kind<Activation::tanh_elu>(kind, fn);
    case Activation::softsign_elu:
      return with_kind<Activation::softsign_elu>(kind, fn);
    case Activation::softsign_relu:
      return with_kind<Activation::softsign_relu>(kind, fn);
  }
}

}  // namespace premix::kernels
