#include "premix/kernels/bicubic.hpp"

#include "cuda/ops/reduce.cuh"

namespace premix {
namespace {

// Consecutive rows of the result per block.
constexpr int strip_rows = 8;
static_assert(strip_rows <= block_threads);

template <Real T>
__device__ __forceinline__ bool same_source(const BicubicTaps<T>& a, const BicubicTaps<T>& b) {
  bool same = true;
#pragma unroll
  for (int k = 0; k < 4; ++k) same = same && a.source[k] == b.source[k];
  return same;
}

// Downscaling is bound by memory and reads each row once; enlarging is bound by the L1 cache. 4 bytes per element of x
// and of y in float, 35 FLOPs per element of y. A block writes a stretch of a strip of rows. Row taps are computed once
// per block, column taps once per thread, in double as on the CPU. The 4 x 4 samples stay in registers while
// consecutive result rows use the same source rows. Sums go along y first, then along x, which gives the same bits as
// the CPU.
template <Real T>
__global__ void bicubic_kernel(BicubicArgs<T> args) {
  struct Memory {
    BicubicTaps<T> rows[strip_rows];
  };
  auto& memory = shared_memory<Memory>();
  const std::int64_t row_size = args.result_width * args.channels,
                     stretches = (row_size + block_threads - 1) / block_threads;
  const std::int64_t strips = (args.result_height + strip_rows - 1) / strip_rows, strip = blockIdx.x / stretches;
  const std::int64_t image = strip / strips, top = strip % strips * strip_rows;
  const int rows = static_cast<int>(args.result_height - top < strip_rows ? args.result_height - top : strip_rows);
  const int thread = static_cast<int>(threadIdx.x);
  if (thread < rows) memory.rows[thread] = args.row_taps(top + thread);
  __syncthreads();

  const std::int64_t i = blockIdx.x % stretches * block_threads + thread;
  if (i >= row_size) return;
  const BicubicTaps<T> columns = args.column_taps(i / args.channels);
  const std::int64_t source_row = args.width * args.channels;
  const T* from = args.x + image * args.height * source_row + i % args.channels;
  T sample[4][4];  // source columns, then rows
  for (int r = 0; r < rows; ++r) {
    const BicubicTaps<T>& taps = memory.rows[r];
    if (r == 0 || !same_source(taps, memory.rows[r - 1])) {
#pragma unroll
      for (int column = 0; column < 4; ++column)
#pragma unroll
        for (int row = 0; row < 4; ++row)
          sample[column][row] = from[taps.source[row] * source_row + columns.source[column] * args.channels];
    }
    T between[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
      between[k] = weighted_sum(taps.weight, sample[k][0], sample[k][1], sample[k][2], sample[k][3]);
    args.y[(image * args.result_height + top + r) * row_size + i] =
        weighted_sum(columns.weight, between[0], between[1], between[2], between[3]);
  }
}

}  // namespace

template <Real T>
void bicubic_sample(Cuda device, const BicubicArgs<T>& args) {
  const std::int64_t stretches = ceil_div(args.result_width * args.channels, block_threads);
  const std::int64_t blocks = args.images * ceil_div(args.result_height, strip_rows) * stretches;
  launch(device, bicubic_kernel<T>, {dim3(static_cast<unsigned>(blocks)), block_threads}, args);
}

template void bicubic_sample(Cuda, const BicubicArgs<float>&);
template void bicubic_sample(Cuda, const BicubicArgs<double>&);

}  // namespace premix
