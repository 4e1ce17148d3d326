#include "premix/kernels/adam.hpp"

#include <vector>

#include "cuda/pack.cuh"

namespace premix {
namespace {

// The elements that a block updates: few enough that a network's large parameters keep many blocks busy.
constexpr std::int64_t part_elements = 2048;

// Updates one pack, in registers.
template <int N, Real T>
__device__ __forceinline__ void update(const AdamArgs<T>& args, const AdamSlot<T>& slot, std::int64_t i) {
  auto parameter = load<N>(slot.parameter + i), mean = load<N>(slot.mean + i), square = load<N>(slot.square + i);
  const auto d_parameter = load<N>(slot.d_parameter + i);
  const AdamSlot<T> pack{parameter.v, d_parameter.v, mean.v, square.v, N};
#pragma unroll
  for (int j = 0; j < N; ++j) adam_element(args, pack, j);
  store(slot.parameter + i, parameter);
  store(slot.mean + i, mean);
  store(slot.square + i, square);
}

// Bound by memory: 28 bytes an element in float, four numbers read and three written. A block has one slot, which is a part of a parameter.
template <Real T>
__global__ void adam_kernel(AdamArgs<T> args) {
  constexpr int n = pack_size<T>;
  const AdamSlot<T> slot = args.slots[blockIdx.x];
  const std::int64_t packs = slot.count / n, thread = threadIdx.x;
  for (std::int64_t i = thread; i < packs; i += block_threads) update<n>(args, slot, i * n);
  if (thread < slot.count - packs * n) update<1>(args, slot, packs * n + thread);
}

// The slots cut into parts of equal size, but for the last of each.
template <Real T>
std::vector<AdamSlot<T>> parts_of(const AdamArgs<T>& args) {
  std::vector<AdamSlot<T>> parts;
  for (std::int64_t s = 0; s < args.slot_count; ++s) {
    const AdamSlot<T>& slot = args.slots[s];
    for (std::int64_t i = 0; i < slot.count; i += part_elements)
      parts.push_back({slot.parameter + i, slot.d_parameter + i, slot.mean + i, slot.square + i,
                       slot.count - i < part_elements ? slot.count - i : part_elements});
  }
  return parts;
}

}  // namespace

// One launch for all parameters. The list of parts (40 bytes each) may go away as soon as its copy is under way: from memory that is not
// page-locked, CUDA takes the bytes before it returns.
template <Real T>
void adam_update(Cuda device, const AdamArgs<T>& args) {
  const std::vector<AdamSlot<T>> parts = parts_of(args);
  if (parts.empty()) return;
  const Scratch<AdamSlot<T>> there(device, static_cast<std::int64_t>(parts.size()));
  PREMIX_CUDA_CHECK(cudaMemcpyAsync(there.data(), parts.data(), parts.size() * sizeof(AdamSlot<T>), cudaMemcpyDefault, device.stream));
  AdamArgs<T> parts_args = args;
  parts_args.slots = there.data();
  parts_args.slot_count = static_cast<std::int64_t>(parts.size());
  launch(device, adam_kernel<T>, {dim3(static_cast<unsigned>(parts.size())), block_threads}, parts_args);
}

template void adam_update(Cuda, const AdamArgs<float>&);
template void adam_update(Cuda, const AdamArgs<double>&);

}  // namespace premix
