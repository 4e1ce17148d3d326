#pragma once

#include "cuda/runtime/launch.cuh"
#include "cuda/runtime/shared.cuh"

// Sums with a fixed order of additions: the same bits in every run and on every GPU.

namespace premix {

constexpr int warp_threads = 32;
constexpr unsigned whole_warp = 0xffffffffu;

/// Returns the sum over a warp, on all of its threads.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
  for (int distance = warp_threads / 2; distance > 0; distance /= 2)
    value += __shfl_xor_sync(whole_warp, value, distance);
  return value;
}

template <class T>
struct BlockSumMemory {
  T warps[block_threads / warp_threads];
};

/// Returns the sum over a block of block_threads threads, on its first warp. All threads must call it, once per kernel.
template <class T>
__device__ __forceinline__ T block_sum(T value, BlockSumMemory<T>& memory) {
  constexpr int warps = block_threads / warp_threads;
  const int warp = static_cast<int>(threadIdx.x) / warp_threads, lane = static_cast<int>(threadIdx.x) % warp_threads;
  const T sum = warp_sum(value);
  if (lane == 0) memory.warps[warp] = sum;
  __syncthreads();
  return warp_sum(lane < warps ? memory.warps[lane] : T(0));
}

template <class T>
struct SumRowsArgs {
  const T* rows;  // (row_count, size)
  T* sum;         // (size)
  std::int64_t row_count, size;
};

// One thread per element adds the rows in order.
template <class T>
__global__ void sum_rows_kernel(SumRowsArgs<T> args) {
  const std::int64_t i = global_thread();
  if (i >= args.size) return;
  T sum = args.rows[i];
  for (std::int64_t row = 1; row < args.row_count; ++row) sum += args.rows[row * args.size + i];
  args.sum[i] = sum;
}

/// Adds rows of partial sums. For at most a few hundred rows.
template <class T>
void sum_rows(Cuda device, const SumRowsArgs<T>& args) {
  launch(device, sum_rows_kernel<T>, cover(args.size), args);
}

}  // namespace premix
