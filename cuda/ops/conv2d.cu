#include "premix/kernels/conv2d.hpp"

#include "cuda/cudnn/convolutions.hpp"
#include "cuda/ops/reduce.cuh"
#include "premix/kernels/math.hpp"

// Direct convolutions, one thread per result. Used in double, and in float if cuDNN is missing or has no engine. All
// three passes are bound by cache reads: two numbers per multiply-add.

namespace premix {
namespace {

__device__ __forceinline__ int padding(const Conv2dSizes& s) { return (s.kernel - 1) / 2; }

// 2 K^2 C FLOPs and as many reads per element of y. Adjacent threads compute adjacent channels of a pixel: they read
// the same numbers of x and write adjacent numbers.
template <Real T>
__global__ void conv2d_forward_kernel(Conv2dArgs<T> args) {
  const Conv2dSizes& s = args.sizes;
  const std::int64_t i = global_thread();
  if (i >= s.images * s.out_height * s.out_width * s.out_channels) return;
  const std::int64_t o = i % s.out_channels, pixel = i / s.out_channels, line = pixel / s.out_width;
  const std::int64_t top = line % s.out_height * s.stride - padding(s),
                     left = pixel % s.out_width * s.stride - padding(s);
  const T* image = args.x + line / s.out_height * s.height * s.width * s.channels;
  const T* weight = args.weight + o * s.kernel * s.kernel * s.channels;
  T sum = T(0);
  for (int dy = 0; dy < s.kernel; ++dy) {
    if (top + dy < 0 || top + dy >= s.height) continue;
    for (int dx = 0; dx < s.kernel; ++dx) {
      if (left + dx < 0 || left + dx >= s.width) continue;
      const T* from = image + ((top + dy) * s.width + left + dx) * s.channels;
      const T* tap = weight + (dy * s.kernel + dx) * s.channels;
      for (std::int64_t c = 0; c < s.channels; ++c) sum = mul_add(from[c], tap[c], sum);
    }
  }
  args.y[i] = args.bias == nullptr ? sum : sum + args.bias[o];
}

// 2 K^2 O / stride^2 FLOPs per element of d_x. Gathers over the taps that connect the element to a pixel of y; these
// taps are `stride` apart. Adjacent threads compute adjacent channels of a pixel and read adjacent weights.
template <Real T>
__global__ void conv2d_backward_data_kernel(Conv2dBackwardDataArgs<T> args) {
  const Conv2dSizes& s = args.sizes;
  const std::int64_t i = global_thread();
  if (i >= s.images * s.height * s.width * s.channels) return;
  const std::int64_t c = i % s.channels, pixel = i / s.channels, line = pixel / s.width;
  const std::int64_t bottom = line % s.height + padding(s),
                     right = pixel % s.width + padding(s);  // where tap (0, 0) would be
  const T* image = args.d_y + line / s.height * s.out_height * s.out_width * s.out_channels;
  const std::int64_t taps = std::int64_t{s.kernel} * s.kernel * s.channels;
  T sum = T(0);
  for (std::int64_t dy = bottom % s.stride; dy < s.kernel; dy += s.stride) {
    const std::int64_t y = (bottom - dy) / s.stride;
    if (dy > bottom || y >= s.out_height) continue;
    for (std::int64_t dx = right % s.stride; dx < s.kernel; dx += s.stride) {
      const std::int64_t x = (right - dx) / s.stride;
      if (dx > right || x >= s.out_width) continue;
      const T* from = image + (y * s.out_width + x) * s.out_channels;
      const T* tap = args.weight + (dy * s.kernel + dx) * s.channels + c;
      for (std::int64_t o = 0; o < s.out_channels; ++o) sum = mul_add(from[o], tap[o * taps], sum);
    }
  }
  args.d_x[i] = sum;
}

// Gradient of the weight: sums over chunks of rows of y, then the sum of the chunks. The chunks depend only on the
// sizes.
constexpr std::int64_t max_chunks = 256;
// Numbers in all partial sums, if there is more than one chunk.
constexpr std::int64_t max_partials = std::int64_t{1} << 22;

template <Real T>
struct WeightChunksArgs {
  Conv2dBackwardWeightArgs<T> whole;
  T* partial;  // (chunks, O, K, K, C)
  std::int64_t rows, chunk_rows, weights;
  std::int64_t chunk_blocks;  // blocks of the grid per chunk
};

// 2 FLOPs per weight and pixel of y. Adjacent threads compute adjacent channels of a tap: they read the same numbers of
// d_y and adjacent numbers of x. Each row is summed separately, which reduces rounding errors.
template <Real T>
__global__ void conv2d_weight_chunks_kernel(WeightChunksArgs<T> args) {
  const Conv2dSizes& s = args.whole.sizes;
  const std::int64_t chunk = blockIdx.x / args.chunk_blocks;
  const std::int64_t i = (blockIdx.x - chunk * args.chunk_blocks) * block_threads + threadIdx.x;
  if (i >= args.weights) return;
  const std::int64_t c = i % s.channels, tap = i / s.channels % (s.kernel * s.kernel),
                     o = i / s.channels / (s.kernel * s.kernel);
  const std::int64_t top = tap / s.kernel - padding(s), left = tap % s.kernel - padding(s);
  const std::int64_t begin = chunk * args.chunk_rows;
  const std::int64_t end = begin + args.chunk_rows < args.rows ? begin + args.chunk_rows : args.rows;
  T sum = T(0);
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t y = row % s.out_height * s.stride + top;
    if (y < 0 || y >= s.height) continue;
    const T* from = args.whole.x + (row / s.out_height * s.height + y) * s.width * s.channels + c;
    const T* d_y = args.whole.d_y + row * s.out_width * s.out_channels + o;
    T row_sum = T(0);
    for (std::int64_t column = 0; column < s.out_width; ++column) {
      const std::int64_t x = column * s.stride + left;
      if (x >= 0 && x < s.width) row_sum = mul_add(from[x * s.channels], d_y[column * s.out_channels], row_sum);
    }
    sum += row_sum;
  }
  args.partial[chunk * args.weights + i] = sum;
}

constexpr std::int64_t clamp_chunks(std::int64_t chunks) {
  return chunks < 1 ? 1 : (chunks < max_chunks ? chunks : max_chunks);
}

}  // namespace

template <Real T>
void conv2d_forward(Cuda device, const Conv2dArgs<T>& args) {
  if constexpr (std::is_same_v<T, float>)
    if (cudnn::conv2d_forward(device, args)) return;
  const Conv2dSizes& s = args.sizes;
  launch(device, conv2d_forward_kernel<T>, cover(s.images * s.out_height * s.out_width * s.out_channels), args);
}

template <Real T>
void conv2d_backward_data(Cuda device, const Conv2dBackwardDataArgs<T>& args) {
  if constexpr (std::is_same_v<T, float>)
    if (cudnn::conv2d_backward_data(device, args)) return;
  const Conv2dSizes& s = args.sizes;
  launch(device, conv2d_backward_data_kernel<T>, cover(s.images * s.height * s.width * s.channels), args);
}

template <Real T>
void conv2d_backward_weight(Cuda device, const Conv2dBackwardWeightArgs<T>& args) {
  if constexpr (std::is_same_v<T, float>)
    if (cudnn::conv2d_backward_weight(device, args)) return;
  const Conv2dSizes& s = args.sizes;
  const std::int64_t rows = s.images * s.out_height, weights = s.out_channels * s.kernel * s.kernel * s.channels;
  const std::int64_t chunk_rows = ceil_div(rows, clamp_chunks(max_partials / weights)),
                     chunks = ceil_div(rows, chunk_rows);
  const std::int64_t chunk_blocks = ceil_div(weights, block_threads);
  const Scratch<T> partial(device, chunks * weights);
  launch(device, conv2d_weight_chunks_kernel<T>, {dim3(static_cast<unsigned>(chunks * chunk_blocks)), block_threads},
         WeightChunksArgs<T>{args, partial.data(), rows, chunk_rows, weights, chunk_blocks});
  sum_rows(device, SumRowsArgs<T>{partial.data(), args.d_weight, chunks, weights});
}

#define PREMIX_INSTANTIATE(T)                                                 \
  template void conv2d_forward(Cuda, const Conv2dArgs<T>&);                   \
  template void conv2d_backward_data(Cuda, const Conv2dBackwardDataArgs<T>&); \
  template void conv2d_backward_weight(Cuda, const Conv2dBackwardWeightArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
