#include "premix/kernels/convert.hpp"

#include "cuda/runtime/pack.cuh"

namespace premix {
namespace {

// Bound by memory: 6 bytes per element. A thread converts four elements: 16 bytes in float, 8 bytes in bf16.
template <Storage From, Storage To>
__global__ void convert_kernel(ConvertArgs<From, To> args) {
  for_each_pack<float>(args.count, [&](std::int64_t i, auto size) {
    const auto from = load<size.value>(args.from + i);
    Pack<To, size.value> to;
#pragma unroll
    for (int j = 0; j < size.value; ++j) to.v[j] = narrowed<To>(widened(from.v[j]));
    store(args.to + i, to);
  });
}

}  // namespace

template <Storage From, Storage To>
void convert(Cuda device, const ConvertArgs<From, To>& args) {
  launch(device, convert_kernel<From, To>, cover(args.count, pack_size<float>), args);
}

template void convert(Cuda, const ConvertArgs<float, bf16_t>&);
template void convert(Cuda, const ConvertArgs<bf16_t, float>&);
template void convert(Cuda, const ConvertArgs<float, half_t>&);
template void convert(Cuda, const ConvertArgs<half_t, float>&);

}  // namespace premix
