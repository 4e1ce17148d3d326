#include "premix/kernels/elementwise.hpp"

#include <algorithm>

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"

// All kernels are bound by memory: at most one operation per element. Each element is read and written once, in 16-byte
// packs.

namespace premix {
namespace {

// 8 bytes per element in float.
template <Real T>
__global__ void relu_forward_kernel(ReluArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    auto pack = load<size.value>(args.x + i);
    for (T& v : pack.v) v = relu_of(v);
    store(args.y + i, pack);
  });
}

// 12 bytes per element in float.
template <Real T>
__global__ void relu_backward_kernel(ReluBackwardArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto y = load<size.value>(args.y + i);
    auto d = load<size.value>(args.d_y + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) d.v[j] = y.v[j] > T(0) ? d.v[j] : T(0);
    store(args.d_x + i, d);
  });
}

// 12 bytes per element in float.
template <Real T>
__global__ void add_kernel(AddArgs<T> args) {
  for_each_pack<T>(args.count, [&](std::int64_t i, auto size) {
    const auto b = load<size.value>(args.b + i);
    auto sum = load<size.value>(args.a + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) sum.v[j] += b.v[j];
    store(args.y + i, sum);
  });
}

// 8 bytes per element in float. The bias stays in the L1 cache.
template <Real T>
__global__ void add_bias_kernel(AddBiasArgs<T> args) {
  for_each_pack<T>(args.pixels * args.channels, [&](std::int64_t i, auto size) {
    auto pack = load<size.value>(args.y + i);
#pragma unroll
    for (int j = 0; j < size.value; ++j) pack.v[j] += args.bias[(i + j) % args.channels];
    store(args.y + i, pack);
  });
}

// Bias gradients. A block sums a stretch of pixels for all channels. Then one thread per channel adds the stretches in
// order.
constexpr std::int64_t min_stretch = 1024, max_stretches = 512;

template <Real T>
struct BiasSumArgs {
  const T *d_y, *y;                        // (pixels, C); y or null
  T* partial;                              // (stretches, C)
  std::int64_t pixels, channels, stretch;  // in pixels
};

// 4 bytes per element in float, 8 with y. The threads of a block form rows of `width` channels, so a row reads adjacent
// numbers. Row r adds the pixels r, r + rows, ... of the stretch. The sums of the rows are then added in order.
template <Real T>
__global__ void bias_sum_kernel(BiasSumArgs<T> args) {
  struct Memory {
    T sums[block_threads];
  };
  auto& memory = shared_memory<Memory>();
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t begin = blockIdx.x * args.stretch;
  const std::int64_t end = begin + args.stretch < args.pixels ? begin + args.stretch : args.pixels;
  for (std::int64_t first = 0; first < args.channels;
       first += block_threads) {  // loops only if there are more channels than threads
    const int width = static_cast<int>(args.channels - first < block_threads ? args.channels - first : block_threads);
    const int rows = block_threads / width, row = thread / width, channel = thread % width;
    T sum = T(0);
    if (row < rows)
      for (std::int64_t pixel = begin + row; pixel < end; pixel += rows) {
        const std::int64_t i = pixel * args.channels + first + channel;
        if (args.y == nullptr || args.y[i] > T(0)) sum += args.d_y[i];
      }
    __syncthreads();
    memory.sums[thread] = sum;
    __syncthreads();
    if (row > 0) continue;
    for (int r = 1; r < rows; ++r) sum += memory.sums[r * width + channel];
    args.partial[blockIdx.x * args.channels + first + channel] = sum;
  }
}

}  // namespace

template <Real T>
void relu_forward(Cuda device, const ReluArgs<T>& args) {
  launch(device, relu_forward_kernel<T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void relu_backward(Cuda device, const ReluBackwardArgs<T>& args) {
  launch(device, relu_backward_kernel<T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void add(Cuda device, const AddArgs<T>& args) {
  launch(device, add_kernel<T>, cover(args.count, pack_size<T>), args);
}

template <Real T>
void add_bias(Cuda device, const AddBiasArgs<T>& args) {
  launch(device, add_bias_kernel<T>, cover(args.pixels * args.channels, pack_size<T>), args);
}

template <Real T>
void bias_backward(Cuda device, const BiasBackwardArgs<T>& args) {
  const std::int64_t stretch = std::max(min_stretch, ceil_div(args.pixels, max_stretches)),
                     stretches = ceil_div(args.pixels, stretch);
  const Scratch<T> partial(device, stretches * args.channels);
  launch(device, bias_sum_kernel<T>, {dim3(static_cast<unsigned>(stretches)), block_threads},
         BiasSumArgs<T>{args.d_y, args.y, partial.data(), args.pixels, args.channels, stretch});
  sum_rows(device, SumRowsArgs<T>{partial.data(), args.d_bias, stretches, args.channels});
}

#define PREMIX_INSTANTIATE(T)                                    \
  template void relu_forward(Cuda, const ReluArgs<T>&);          \
  template void relu_backward(Cuda, const ReluBackwardArgs<T>&); \
  template void add(Cuda, const AddArgs<T>&);                    \
  template void add_bias(Cuda, const AddBiasArgs<T>&);           \
  template void bias_backward(Cuda, const BiasBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
