#include "premix/kernels/adam.hpp"

#include <algorithm>

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"

namespace premix {
namespace {

// Elements per block. Small, so that the large parameters of a network occupy many blocks.
constexpr std::int64_t part_elements = 2048;

// Limit of kernel arguments.
constexpr std::size_t argument_bytes = 4096;

// Parameters that fit into the arguments of one launch. Kernel arguments need no device copy, and a recorded launch
// contains them.
template <Real T>
struct AdamGroup {
  static constexpr int room = 64;
  AdamFactors<T> factors;
  int count;
  unsigned first_block[room + 1];  // of each slot; slot s ends where slot s + 1 begins
  AdamSlot<T> slots[room];
};
static_assert(sizeof(AdamGroup<double>) <= argument_bytes);

// Updates one pack, in registers.
template <int N, Real T>
__device__ __forceinline__ void update(const AdamFactors<T>& factors, const AdamRate<T>& rate, const AdamSlot<T>& slot,
                                       std::int64_t i) {
  auto parameter = load<N>(slot.parameter + i), mean = load<N>(slot.mean + i), square = load<N>(slot.square + i);
  const auto d_parameter = load<N>(slot.d_parameter + i);
  Pack<T, N> average{};
  if (slot.average) average = load<N>(slot.average + i);
  const AdamSlot<T> pack{parameter.v, d_parameter.v, mean.v, square.v, &rate, N, slot.average ? average.v : nullptr};
#pragma unroll
  for (int j = 0; j < N; ++j) adam_element(factors, rate, pack, j);
  store(slot.parameter + i, parameter);
  store(slot.mean + i, mean);
  store(slot.square + i, square);
  if (slot.average) store(slot.average + i, average);
}

// Bound by memory: 28 bytes per element in float, four numbers read and three written. A block updates a part of one
// parameter, found by binary search.
template <Real T>
__global__ void adam_kernel(AdamGroup<T> group) {
  int s = 0;
  for (int end = group.count; end - s > 1;) {
    const int middle = (s + end) / 2;
    if (group.first_block[middle] <= blockIdx.x)
      s = middle;
    else
      end = middle;
  }
  const AdamSlot<T> slot = group.slots[s];
  const AdamRate<T> rate = *slot.rate;
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x - group.first_block[s]) * part_elements;
  const std::int64_t end = begin + part_elements < slot.count ? begin + part_elements : slot.count;
  constexpr int n = pack_size<T>;
  static_assert(part_elements % n == 0);
  const std::int64_t whole = begin + (end - begin) / n * n, thread = threadIdx.x;
  for (std::int64_t i = begin + thread * n; i < whole; i += block_threads * n) update<n>(group.factors, rate, slot, i);
  if (thread < end - whole) update<1>(group.factors, rate, slot, whole + thread);
}

// Slots of one launch. Sums of their squared gradients go to sums.
template <Real T>
struct AdamClipGroup {
  static constexpr int room = 64;
  double* sums;
  AdamSlot<T> slots[room];
};
static_assert(sizeof(AdamClipGroup<double>) <= argument_bytes);

// Bound by memory: 4 bytes an element in float. A block sums one parameter.
template <Real T>
__global__ void adam_norm_kernel(AdamClipGroup<T> group) {
  const AdamSlot<T> slot = group.slots[blockIdx.x];
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < slot.count; i += block_threads) {
    const auto value = static_cast<double>(slot.d_parameter[i]);
    sum += value * value;
  }
  sum = block_sum(sum, shared_memory<BlockSumMemory<double>>());
  if (threadIdx.x == 0) group.sums[blockIdx.x] = sum;
}

template <Real T>
struct AdamScaleArgs {
  const double* sums;  // (slot_count)
  std::int64_t slot_count;
  T max_norm;
  T* scale;  // (1)
};

// One block.
template <Real T>
__global__ void adam_scale_kernel(AdamScaleArgs<T> args) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < args.slot_count; i += block_threads) sum += args.sums[i];
  sum = block_sum(sum, shared_memory<BlockSumMemory<double>>());
  if (threadIdx.x == 0) *args.scale = clip_scale(sum, args.max_norm);
}

template <Real T>
struct AdamRateGroup {
  static constexpr int room = 128;
  AdamRate<T>* rates;
  AdamRate<T> values[room];
};
static_assert(sizeof(AdamRateGroup<double>) <= argument_bytes);

// One thread per rate.
template <Real T>
__global__ void adam_set_rates_kernel(AdamRateGroup<T> group) {
  group.rates[threadIdx.x] = group.values[threadIdx.x];
}

}  // namespace

template <Real T>
void adam_update(Cuda device, const AdamArgs<T>& args) {
  using Group = AdamGroup<T>;
  for (std::int64_t first = 0; first < args.slot_count; first += Group::room) {
    Group group{};
    group.factors = args.factors;
    group.count = static_cast<int>(std::min<std::int64_t>(args.slot_count - first, Group::room));
    for (int s = 0; s < group.count; ++s) {
      group.slots[s] = args.slots[first + s];
      group.first_block[s + 1] =
          group.first_block[s] + static_cast<unsigned>(ceil_div(group.slots[s].count, part_elements));
    }
    launch(device, adam_kernel<T>, {dim3(group.first_block[group.count]), block_threads}, group);
  }
}

template <Real T>
void adam_clip(Cuda device, const AdamClipArgs<T>& args) {
  using Group = AdamClipGroup<T>;
  for (std::int64_t first = 0; first < args.slot_count; first += Group::room) {
    const std::int64_t count = std::min<std::int64_t>(args.slot_count - first, Group::room);
    Group group{args.sums + first, {}};
    std::copy_n(args.slots + first, count, group.slots);
    launch(device, adam_norm_kernel<T>, {dim3(static_cast<unsigned>(count)), block_threads}, group);
  }
  launch(device, adam_scale_kernel<T>, {dim3(1), block_threads},
         AdamScaleArgs<T>{args.sums, args.slot_count, args.max_norm, args.scale});
}

template <Real T>
void adam_set_rates(Cuda device, const AdamRateArgs<T>& args) {
  using Group = AdamRateGroup<T>;
  for (std::int64_t first = 0; first < args.count; first += Group::room) {
    const std::int64_t count = std::min<std::int64_t>(args.count - first, Group::room);
    Group group{args.rates + first, {}};
    std::copy_n(args.values + first, count, group.values);
    launch(device, adam_set_rates_kernel<T>, {dim3(1), static_cast<int>(count)}, group);
  }
}

#define PREMIX_INSTANTIATE(T)                            \
  template void adam_update(Cuda, const AdamArgs<T>&);   \
  template void adam_clip(Cuda, const AdamClipArgs<T>&); \
  template void adam_set_rates(Cuda, const AdamRateArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
