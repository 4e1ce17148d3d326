#include "premix/kernels/mean.hpp"

#include "cuda/ops/block_mean.cuh"
#include "cuda/runtime/pack.cuh"

// Bound by memory.

namespace premix {
namespace {

// 4 bytes per element in float.
template <Real T>
struct MeanSource {
  const T* x;

  template <int n>
  __device__ void add(double& sum, std::int64_t i, Size<n>) const {
    const auto pack = load<n>(x + i);
    for (const T v : pack.v) sum += v;
  }
};

// 4 bytes per element in float.
template <Real T>
__global__ void mean_backward_kernel(MeanBackwardArgs<T> args) {
  const T share = *args.d_mean / static_cast<T>(args.count);
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    Pack<T, size.value> pack;
    for (T& v : pack.v) v = share;
    store(args.d_x + i, pack);
  });
}

}  // namespace

template <Real T>
void mean_forward(Cuda device, const MeanArgs<T>& args) {
  block_mean(device, MeanSource<T>{args.x}, args.count, args.mean);
}

template <Real T>
void mean_backward(Cuda device, const MeanBackwardArgs<T>& args) {
  launch(device, mean_backward_kernel<T>, cover(args.count, pack_size<T>), args);
}

#define PREMIX_INSTANTIATE(T)                           \
  template void mean_forward(Cuda, const MeanArgs<T>&); \
  template void mean_backward(Cuda, const MeanBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
