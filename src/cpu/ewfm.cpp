#include "premix/kernels/ewfm_dispatch.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Elements of one block: the unit of work, and of the fixed order in which d_beta is summed.
constexpr std::int64_t block = 4096;

template <Activation activation, MaskKind kind, Real T>
void forward(const EwfmArgs<T>& args) {
  const T beta = kind == MaskKind::trainable ? *args.beta : args.threshold;
  parallel_for(args.count, block, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Pair<T> mixed = mix(args.ms[i], args.pan[i], mask_of<activation, kind>(args.logits[i], beta).mask);
      args.mixed_ms[i] = mixed.ms;
      args.mixed_pan[i] = mixed.pan;
    }
  });
}

template <Activation activation, MaskKind kind, Real T>
T backward_block(const EwfmBackwardArgs<T>& args, T beta, std::int64_t begin, std::int64_t end) {
  T d_beta = T(0);
  for (std::int64_t i = begin; i < end; ++i) {
    const MaskValue<T> value = mask_of<activation, kind>(args.logits[i], beta);
    const T d_mixed_ms = args.d_mixed_ms[i], d_mixed_pan = args.d_mixed_pan[i];
    const Pair<T> d = mix(d_mixed_ms, d_mixed_pan, value.mask);
    args.d_ms[i] = d.ms;
    args.d_pan[i] = d.pan;
    const T d_mask = (d_mixed_ms - d_mixed_pan) * (args.pan[i] - args.ms[i]);
    if constexpr (kind != MaskKind::hard) args.d_logits[i] = d_mask * value.d_logit;
    if constexpr (kind == MaskKind::trainable) d_beta += d_mask * value.d_beta;
  }
  return d_beta;
}

template <Activation activation, MaskKind kind, Real T>
void backward(const EwfmBackwardArgs<T>& args) {
  const T beta = kind == MaskKind::trainable ? *args.beta : args.threshold;
  const std::int64_t blocks = (args.count + block - 1) / block;
  const Buffer scratch(static_cast<std::size_t>(blocks) * sizeof(T), {});
  T* partial = static_cast<T*>(scratch.data());  // (blocks): shares of d_beta, added in their order below
  parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t last = (b + 1) * block < args.count ? (b + 1) * block : args.count;
      partial[b] = backward_block<activation, kind>(args, beta, b * block, last);
    }
  });
  if constexpr (kind == MaskKind::trainable) {
    T sum = T(0);
    for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b];
    *args.d_beta = sum;
  }
}

template <Real T>
void ewfm_forward(const EwfmArgs<T>& args) {
  with_mask(args.activation, args.kind, [&]<Activation activation, MaskKind kind>() { forward<activation, kind>(args); });
}

template <Real T>
void ewfm_backward(const EwfmBackwardArgs<T>& args) {
  with_mask(args.activation, args.kind, [&]<Activation activation, MaskKind kind>() { backward<activation, kind>(args); });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(ewfm_forward, EwfmArgs)
PREMIX_CPU_KERNEL(ewfm_backward, EwfmBackwardArgs)
