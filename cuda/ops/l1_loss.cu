#include "premix/kernels/l1_loss.hpp"

#include "cuda/ops/block_mean.cuh"
#include "cuda/runtime/pack.cuh"

// All kernels are bound by memory.

namespace premix {
namespace {

// 8 bytes per element in float.
template <Real T>
struct L1LossSource {
  L1LossArgs<T> args;

  template <int n>
  __device__ void add(double& sum, std::int64_t i, Size<n>) const {
    const auto prediction = load<n>(args.prediction + i), target = load<n>(args.target + i);
#pragma unroll
    for (int j = 0; j < n; ++j) {
      const T difference = prediction.v[j] - target.v[j];
      sum += difference < T(0) ? -difference : difference;
    }
  }
};

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
  block_mean(device, L1LossSource<T>{args}, args.count, args.loss);
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
