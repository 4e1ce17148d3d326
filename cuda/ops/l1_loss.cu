#include "premix/kernels/l1_loss.hpp"

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"

// All kernels are bound by memory.

namespace premix {
namespace {

// A block sums a stretch of elements, in double as on the CPU. Then one block adds the stretches.
constexpr std::int64_t stretch_elements = 4096;

template <Real T>
struct L1SumArgs {
  L1LossArgs<T> loss;
  double* partial;  // (stretches)
  std::int64_t stretches;
};

// 8 bytes per element in float. Thread t adds the packs t, t + block_threads, ... of the block's stretch.
template <Real T>
__global__ void l1_sum_kernel(L1SumArgs<T> args) {
  constexpr int n = pack_size<T>;
  static_assert(stretch_elements % (n * block_threads) == 0);
  const std::int64_t count = args.loss.count, begin = blockIdx.x * stretch_elements;
  double sum = 0;
  const auto add = [&](std::int64_t i, auto size) {
    const auto prediction = load<size.value>(args.loss.prediction + i), target = load<size.value>(args.loss.target + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) {
      const T difference = prediction.v[j] - target.v[j];
      sum += difference < T(0) ? -difference : difference;
    }
  };
#pragma unroll
  for (int step = 0; step < stretch_elements / (n * block_threads); ++step) {
    std::int64_t i = begin + (step * block_threads + threadIdx.x) * n;
    if (i + n <= count)
      add(i, Size<n>{});
    else
      for (; i < count; ++i) add(i, Size<1>{});
  }
  sum = block_sum(sum, shared_memory<BlockSumMemory<double>>());
  if (threadIdx.x == 0) args.partial[blockIdx.x] = sum;
}

// One block. Thread t adds the stretches t, t + block_threads, ... Then block_sum() adds the threads.
template <Real T>
__global__ void l1_mean_kernel(L1SumArgs<T> args) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < args.stretches; i += block_threads) sum += args.partial[i];
  sum = block_sum(sum, shared_memory<BlockSumMemory<double>>());
  if (threadIdx.x == 0) *args.loss.loss = static_cast<T>(sum / static_cast<double>(args.loss.count));
}

// 12 bytes per element in float.
template <Real T>
__global__ void l1_loss_backward_kernel(L1LossBackwardArgs<T> args) {
  const T share = *args.d_loss / static_cast<T>(args.count);
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto target = load<size.value>(args.target + i);
    auto pack = load<size.value>(args.prediction + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) pack.v[j] = share * sign_of(pack.v[j] - target.v[j]);
    store(args.d_prediction + i, pack);
  });
}

}  // namespace

template <Real T>
void l1_loss_forward(Cuda device, const L1LossArgs<T>& args) {
  const std::int64_t stretches = ceil_div(args.count, stretch_elements);
  const Scratch<double> partial(device, stretches);
  const L1SumArgs<T> sums{args, partial.data(), stretches};
  launch(device, l1_sum_kernel<T>, {dim3(static_cast<unsigned>(stretches)), block_threads}, sums);
  launch(device, l1_mean_kernel<T>, {dim3(1), block_threads}, sums);
}

template <Real T>
void l1_loss_backward(Cuda device, const L1LossBackwardArgs<T>& args) {
  launch(device, l1_loss_backward_kernel<T>, cover(args.count, pack_size<T>), args);
}

#define PREMIX_INSTANTIATE(T)                                \
  template void l1_loss_forward(Cuda, const L1LossArgs<T>&); \
  template void l1_loss_backward(Cuda, const L1LossBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
