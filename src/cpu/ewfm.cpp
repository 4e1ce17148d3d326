#include "kernels/ewfm_dispatch.hpp"

#include "cpu/isa.hpp"
#include "cpu/stream.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Elements per block: the unit of work and of the fixed summation order of d_beta.
constexpr std::int64_t block = 4096;

// Elements staged before they are written. A block is a whole number of pieces.
constexpr std::int64_t piece = 512;

// Parallel partial sums of d_beta: the float lanes of the widest register, on every processor.
constexpr std::int64_t lanes = 16;

// Staging of the results of a piece, before streaming stores.
template <Real T, int results>
struct Staging {
  alignas(64) T values[results][piece + line_numbers<T>];
};

template <Activation activation, MaskKind kind, Real T>
void forward_piece(const T* __restrict ms, const T* __restrict pan, const T* __restrict logits, T beta,
                   std::int64_t count, T* __restrict mixed_ms, T* __restrict mixed_pan) {
  for (std::int64_t i = 0; i < count; ++i) {
    const MsPan<T> mixed = ewfm_mix(ms[i], pan[i], ewfm_mask<activation, kind>(logits[i], beta).mask);
    mixed_ms[i] = mixed.ms;
    mixed_pan[i] = mixed.pan;
  }
}

template <Activation activation, MaskKind kind, Real T>
void forward(const EwfmArgs<T>& args) {
  const T beta = kind == MaskKind::trainable ? *args.beta : args.threshold;
  const bool past_caches = streams(2 * args.count * static_cast<std::int64_t>(sizeof(T)));
  parallel_for(args.count, block, [&](std::int64_t begin, std::int64_t end) {
    Staging<T, 2> staging;
    const auto writer = [&](T* to, int k) {
      return Writer<T>(to + begin, past_caches ? staging.values[k] : nullptr, past_caches);
    };
    Writer<T> mixed_ms = writer(args.mixed_ms, 0), mixed_pan = writer(args.mixed_pan, 1);
    for (std::int64_t i = begin; i < end; i += piece) {
      const std::int64_t count = i + piece < end ? piece : end - i;
      forward_piece<activation, kind>(args.ms + i, args.pan + i, args.logits + i, beta, count, mixed_ms.next(),
                                      mixed_pan.next());
      mixed_ms.advance(count);
      mixed_pan.advance(count);
    }
    mixed_ms.finish();
    mixed_pan.finish();
    stream_end();
  });
}

// Writes d_logits for soft and trainable masks, and d_beta (count), the contribution per element, for trainable masks.
template <Activation activation, MaskKind kind, Real T>
void backward_piece(const T* __restrict ms, const T* __restrict pan, const T* __restrict logits, T beta,
                    const T* __restrict d_mixed_ms, const T* __restrict d_mixed_pan, std::int64_t count,
                    T* __restrict d_ms, T* __restrict d_pan, T* __restrict d_logits, T* __restrict d_beta) {
  for (std::int64_t i = 0; i < count; ++i) {
    const EwfmMask<T> value = ewfm_mask<activation, kind>(logits[i], beta);
    const MsPan<T> d = ewfm_mix(d_mixed_ms[i], d_mixed_pan[i], value.mask);
    d_ms[i] = d.ms;
    d_pan[i] = d.pan;
    const T d_mask = (d_mixed_ms[i] - d_mixed_pan[i]) * (pan[i] - ms[i]);
    if constexpr (kind != MaskKind::hard) d_logits[i] = d_mask * value.d_logit;
    if constexpr (kind == MaskKind::trainable) d_beta[i] = d_mask * value.d_beta;
  }
}

// Sums the contributions per lane. shares has room for a whole number of lanes.
template <Real T>
void add_shares(T* __restrict shares, std::int64_t count, T* __restrict sums) {
  for (; count % lanes != 0; ++count) shares[count] = T(0);
  for (std::int64_t i = 0; i < count; i += lanes)
    for (std::int64_t k = 0; k < lanes; ++k) sums[k] += shares[i + k];
}

// Processes one block and returns its contribution to d_beta.
template <Activation activation, MaskKind kind, Real T>
T backward_block(const EwfmBackwardArgs<T>& args, T beta, std::int64_t begin, std::int64_t end, bool past_caches) {
  Staging<T, 3> staging;
  alignas(64) T shares[piece], sums[lanes] = {};
  const auto writer = [&](T* to, int k) {
    return Writer<T>(to + begin, past_caches ? staging.values[k] : nullptr, past_caches);
  };
  constexpr bool with_logits = kind != MaskKind::hard;
  Writer<T> d_ms = writer(args.d_ms, 0), d_pan = writer(args.d_pan, 1),
            d_logits = writer(with_logits ? args.d_logits : args.d_ms, 2);
  for (std::int64_t i = begin; i < end; i += piece) {
    const std::int64_t count = i + piece < end ? piece : end - i;
    backward_piece<activation, kind>(args.ms + i, args.pan + i, args.logits + i, beta, args.d_mixed_ms + i,
                                     args.d_mixed_pan + i, count, d_ms.next(), d_pan.next(), d_logits.next(), shares);
    d_ms.advance(count);
    d_pan.advance(count);
    if constexpr (with_logits) d_logits.advance(count);
    if constexpr (kind == MaskKind::trainable) add_shares(shares, count, sums);
  }
  d_ms.finish();
  d_pan.finish();
  d_logits.finish();
  T sum = T(0);
  for (const T s : sums) sum += s;
  return sum;
}

template <Activation activation, MaskKind kind, Real T>
void backward(const EwfmBackwardArgs<T>& args) {
  const T beta = kind == MaskKind::trainable ? *args.beta : args.threshold;
  const bool past_caches = streams(3 * args.count * static_cast<std::int64_t>(sizeof(T)));
  const std::int64_t blocks = (args.count + block - 1) / block;
  const Buffer scratch(static_cast<std::size_t>(blocks) * sizeof(T), {});
  T* partial = static_cast<T*>(scratch.data());  // (blocks): contributions to d_beta, added in order below
  parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t last = (b + 1) * block < args.count ? (b + 1) * block : args.count;
      partial[b] = backward_block<activation, kind>(args, beta, b * block, last, past_caches);
    }
    stream_end();
  });
  if constexpr (kind == MaskKind::trainable) {
    T sum = T(0);
    for (std::int64_t b = 0; b < blocks; ++b) sum += partial[b];
    *args.d_beta = sum;
  }
}

template <Real T>
void ewfm_forward(const EwfmArgs<T>& args) {
  kernels::with_mask(args.activation, args.kind,
                     [&]<Activation activation, MaskKind kind>() { forward<activation, kind>(args); });
}

template <Real T>
void ewfm_backward(const EwfmBackwardArgs<T>& args) {
  kernels::with_mask(args.activation, args.kind,
                     [&]<Activation activation, MaskKind kind>() { backward<activation, kind>(args); });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(ewfm_forward, EwfmArgs)
PREMIX_CPU_KERNEL(ewfm_backward, EwfmBackwardArgs)
