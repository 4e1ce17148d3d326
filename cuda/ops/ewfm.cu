#include "kernels/ewfm_dispatch.hpp"

#include <algorithm>

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"

// Bound by memory: each number is read or written once, in 16-byte packs. The mask stays in registers. A thread issues
// all loads before it computes: 48 bytes forward, 80 backward. Activation and mask are template arguments, so kernels
// do not branch on them.

namespace premix {
namespace {

// 20 bytes per element in float (three tensors read, two written), 40 in double. 7 FLOPs for mixing, plus the mask
// (docs/ops/ewfm.md). One pack per thread.
template <Activation activation, MaskKind kind, Real T>
__global__ void forward_kernel(EwfmArgs<T> args) {
  const T beta = kind == MaskKind::trainable ? *args.beta : args.threshold;
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    auto ms = load<size.value>(args.ms + i), pan = load<size.value>(args.pan + i);
    const auto logits = load<size.value>(args.logits + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) {
      const MsPan<T> mixed = ewfm_mix(ms.v[j], pan.v[j], ewfm_mask<activation, kind>(logits.v[j], beta).mask);
      ms.v[j] = mixed.ms;
      pan.v[j] = mixed.pan;
    }
    store(args.mixed_ms + i, ms);
    store(args.mixed_pan + i, pan);
  });
}

// Computes the gradients of one pack. Returns its share of d_beta.
template <Activation activation, MaskKind kind, int size, Real T>
__device__ __forceinline__ T backward_pack(const EwfmBackwardArgs<T>& args, T beta, std::int64_t i) {
  auto d_ms = load<size>(args.d_mixed_ms + i), d_pan = load<size>(args.d_mixed_pan + i);
  auto logits = load<size>(args.logits + i);
  Pack<T, size> ms, pan;
  if constexpr (kind != MaskKind::hard) {
    ms = load<size>(args.ms + i);
    pan = load<size>(args.pan + i);
  }
  T d_beta = T(0);
#pragma unroll
  for (int j = 0; j < size; ++j) {
    const EwfmMask<T> value = ewfm_mask<activation, kind>(logits.v[j], beta);
    const MsPan<T> d = ewfm_mix(d_ms.v[j], d_pan.v[j], value.mask);
    if constexpr (kind != MaskKind::hard) {
      const T d_mask = (d_ms.v[j] - d_pan.v[j]) * (pan.v[j] - ms.v[j]);
      logits.v[j] = d_mask * value.d_logit;
      d_beta += d_mask * value.d_beta;
    }
    d_ms.v[j] = d.ms;
    d_pan.v[j] = d.pan;
  }
  store(args.d_ms + i, d_ms);
  store(args.d_pan + i, d_pan);
  if constexpr (kind != MaskKind::hard) store(args.d_logits + i, logits);
  return d_beta;
}

// Sum for d_beta. The order of additions depends only on count: a thread adds its packs in order, block_sum() the
// threads of a block, and sum_shares_kernel the blocks. max_blocks bounds the work of sum_shares_kernel. For larger
// counts, a thread takes further packs, one grid apart.
struct BetaSum {
  static constexpr std::int64_t max_blocks = 8192, packs_per_thread = 2;
  static_assert(max_blocks % block_threads == 0);

  template <Real T>
  static std::int64_t blocks(std::int64_t count) {
    return std::min(max_blocks, ceil_div(count, packs_per_thread * pack_size<T> * block_threads));
  }
};

// 32 bytes per element in float (five tensors read, three written), 20 for hard masks; twice that in double. 11 FLOPs
// plus the mask and its derivative. A thread takes one or more packs, one grid apart. d_beta: (blocks), one share per
// block.
template <Activation activation, MaskKind kind, Real T>
__global__ void backward_kernel(EwfmBackwardArgs<T> args) {
  constexpr int n = pack_size<T>;
  const T beta = kind == MaskKind::trainable ? *args.beta : args.threshold;
  const std::int64_t threads = static_cast<std::int64_t>(gridDim.x) * block_threads, packs = args.count / n;
  T d_beta = T(0);
  for (std::int64_t pack = global_thread(); pack < packs; pack += threads)
    d_beta += backward_pack<activation, kind, n>(args, beta, pack * n);
  const std::int64_t last = packs * n + global_thread();  // of the incomplete last pack
  if (last < args.count) d_beta += backward_pack<activation, kind, 1>(args, beta, last);
  if constexpr (kind == MaskKind::trainable) {
    const T share = block_sum(d_beta, shared_memory<BlockSumMemory<T>>());
    if (threadIdx.x == 0) args.d_beta[blockIdx.x] = share;
  }
}

template <Real T>
struct SumSharesArgs {
  const T* shares;  // (count)
  T* d_beta;        // (1)
  std::int64_t count;
};

// One block. A thread adds at most 8192 / 256 = 32 shares, from the L2 cache, which takes microseconds.
template <Real T>
__global__ void sum_shares_kernel(SumSharesArgs<T> args) {
  T share = T(0);
  for (std::int64_t i = threadIdx.x; i < args.count; i += block_threads) share += args.shares[i];
  const T sum = block_sum(share, shared_memory<BlockSumMemory<T>>());
  if (threadIdx.x == 0) *args.d_beta = sum;
}

template <Activation activation, MaskKind kind, Real T>
void backward(Cuda device, const EwfmBackwardArgs<T>& args) {
  const auto kernel = backward_kernel<activation, kind, T>;
  if constexpr (kind != MaskKind::trainable) {
    launch(device, kernel, cover(args.count, pack_size<T>), args);
  } else {
    const std::int64_t blocks = BetaSum::blocks<T>(args.count);
    const Scratch<T> shares(device, blocks);
    EwfmBackwardArgs<T> with_shares = args;
    with_shares.d_beta = shares.data();
    launch(device, kernel, {dim3(static_cast<unsigned>(blocks)), block_threads}, with_shares);
    launch(device, sum_shares_kernel<T>, {dim3(1), block_threads},
           SumSharesArgs<T>{shares.data(), args.d_beta, blocks});
  }
}

}  // namespace

template <Real T>
void ewfm_forward(Cuda device, const EwfmArgs<T>& args) {
  kernels::with_mask(args.activation, args.kind, [&]<Activation activation, MaskKind kind>() {
    launch(device, forward_kernel<activation, kind, T>, cover(args.count, pack_size<T>), args);
  });
}

template <Real T>
void ewfm_backward(Cuda device, const EwfmBackwardArgs<T>& args) {
  kernels::with_mask(args.activation, args.kind,
                     [&]<Activation activation, MaskKind kind>() { backward<activation, kind>(device, args); });
}

#define PREMIX_INSTANTIATE(T)                           \
  template void ewfm_forward(Cuda, const EwfmArgs<T>&); \
  template void ewfm_backward(Cuda, const EwfmBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
