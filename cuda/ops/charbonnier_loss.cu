#include "premix/kernels/charbonnier_loss.hpp"

#include "cuda/ops/block_mean.cuh"
#include "cuda/runtime/pack.cuh"

// Bound by memory.

namespace premix {
namespace {

// 8 bytes per element in float.
template <Real T>
struct CharbonnierLossSource {
  CharbonnierLossArgs<T> args;

  template <int n>
  __device__ void add(double& sum, std::int64_t i, Size<n>) const {
    const auto prediction = load<n>(args.prediction + i), target = load<n>(args.target + i);
#pragma unroll
    for (int j = 0; j < n; ++j) sum += charbonnier_of(prediction.v[j] - target.v[j], args.epsilon);
  }
};

// 12 bytes per element in float.
template <Real T>
__global__ void charbonnier_loss_backward_kernel(CharbonnierLossBackwardArgs<T> args) {
  const T share = *args.d_loss / static_cast<T>(args.count);
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto target = load<size.value>(args.target + i);
    auto pack = load<size.value>(args.prediction + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j)
      pack.v[j] = share * charbonnier_slope_of(pack.v[j] - target.v[j], args.epsilon);
    store(args.d_prediction + i, pack);
  });
}

}  // namespace

template <Real T>
void charbonnier_loss_forward(Cuda device, const CharbonnierLossArgs<T>& args) {
  block_mean(device, CharbonnierLossSource<T>{args}, args.count, args.loss);
}

template <Real T>
void charbonnier_loss_backward(Cuda device, const CharbonnierLossBackwardArgs<T>& args) {
  launch(device, charbonnier_loss_backward_kernel<T>, cover(args.count, pack_size<T>), args);
}

#define PREMIX_INSTANTIATE(T)                                                  \
  template void charbonnier_loss_forward(Cuda, const CharbonnierLossArgs<T>&); \
  template void charbonnier_loss_backward(Cuda, const CharbonnierLossBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
