#pragma once

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"

// The mean of values computed from the elements of tensors: a block sums a stretch of elements, in double as on the
// CPU, then one block adds the stretches. A Source is a plain struct with a member add(sum, i, Size<n>): it reads a
// pack of the elements i, ..., i + n - 1 and adds their values to the sum.

namespace premix {

constexpr std::int64_t stretch_elements = 4096;

template <class T, class Source>
struct BlockMeanArgs {
  Source source;
  T* mean;  // (1)
  std::int64_t count;
  double* partial;  // (stretches)
  std::int64_t stretches;
};

// Thread t takes the packs t, t + block_threads, ... of the block's stretch.
template <class T, class Source>
__global__ void stretch_sum_kernel(BlockMeanArgs<T, Source> args) {
  constexpr int n = pack_size<T>;
  static_assert(stretch_elements % (n * block_threads) == 0);
  const std::int64_t begin = blockIdx.x * stretch_elements;
  double sum = 0;
#pragma unroll
  for (int step = 0; step < stretch_elements / (n * block_threads); ++step) {
    std::int64_t i = begin + (step * block_threads + threadIdx.x) * n;
    if (i + n <= args.count)
      args.source.add(sum, i, Size<n>{});
    else
      for (; i < args.count; ++i) args.source.add(sum, i, Size<1>{});
  }
  sum = block_sum(sum, shared_memory<BlockSumMemory<double>>());
  if (threadIdx.x == 0) args.partial[blockIdx.x] = sum;
}

// One block. Thread t adds the stretches t, t + block_threads, ..., then the threads' sums are added.
template <class T, class Source>
__global__ void stretch_mean_kernel(BlockMeanArgs<T, Source> args) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < args.stretches; i += block_threads) sum += args.partial[i];
  sum = block_sum(sum, shared_memory<BlockSumMemory<double>>());
  if (threadIdx.x == 0) *args.mean = static_cast<T>(sum / static_cast<double>(args.count));
}

/// Writes the mean of count values to *mean.
template <class T, class Source>
void block_mean(Cuda device, const Source& source, std::int64_t count, T* mean) {
  const std::int64_t stretches = ceil_div(count, stretch_elements);
  const Scratch<double> partial(device, stretches);
  const BlockMeanArgs<T, Source> args{source, mean, count, partial.data(), stretches};
  launch(device, stretch_sum_kernel<T, Source>, {dim3(static_cast<unsigned>(stretches)), block_threads}, args);
  launch(device, stretch_mean_kernel<T, Source>, {dim3(1), block_threads}, args);
}

}  // namespace premix
