#include "kernels/clahe.hpp"

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"
#include "kernels/reflected.hpp"

namespace premix {
namespace {

// Configuration of the block of one cell.
struct CellBlock {
  static constexpr int threads = 512, warps = threads / warp_threads;
  static constexpr int channels = 8;                               // concurrent histograms
  static constexpr int lane_levels = clahe_levels / warp_threads;  // table entries written per lane
  static_assert(channels <= warps, "a warp for each table");
  static_assert(clahe_levels % warp_threads == 0);
};

struct CellMemory {
  std::int32_t counts[CellBlock::channels][clahe_levels];
  std::int32_t nans;
};

// Exclusive prefix sum over the lanes of a warp.
__device__ __forceinline__ std::int32_t exclusive_prefix_sum(std::int32_t value) {
  const int lane = static_cast<int>(threadIdx.x) % warp_threads;
  std::int32_t before = 0;
#pragma unroll
  for (int distance = 1; distance < warp_threads; distance *= 2) {
    const std::int32_t other = __shfl_xor_sync(whole_warp, value, distance);
    if (lane & distance) before += other;
    value += other;
  }
  return before;
}

// Clips a histogram (256) to the limit, distributes the excess over all bins, and writes the cumulative sums as table
// entries. Called by a warp; each lane takes adjacent levels. Integer sums do not depend on the order.
template <Real T>
__device__ __forceinline__ void write_table(const std::int32_t* counts, std::int64_t limit, T scale,
                                            std::uint8_t* table) {
  constexpr int levels = CellBlock::lane_levels;
  const int first = static_cast<int>(threadIdx.x) % warp_threads * levels;
  std::int32_t cut[levels], excess = 0;
#pragma unroll
  for (int j = 0; j < levels; ++j) {
    const std::int32_t count = counts[first + j];
    cut[j] = static_cast<std::int32_t>(count < limit ? count : limit);
    excess += count - cut[j];
  }
  excess = warp_sum(excess);
  std::int32_t sum = 0;
#pragma unroll
  for (int j = 0; j < levels; ++j) {
    sum += cut[j] + static_cast<std::int32_t>(kernels::clahe_share(excess, first + j));
    cut[j] = sum;
  }
  const std::int32_t before = exclusive_prefix_sum(sum);
  Pack<std::uint8_t, levels> entries;
#pragma unroll
  for (int j = 0; j < levels; ++j) entries.v[j] = kernels::clahe_entry<T>(before + cut[j], scale);
  store(table + first, entries);
}

// Bound by memory, 4 bytes per element in float, and by the shared-memory atomics, one per value. Similar pixels in a
// warp make the atomics conflict. A block makes the tables of one cell, for up to 8 channels at a time. A warp counts
// whole rows, and a lane all these channels of a pixel. Then one warp per channel writes the table. Integer atomics do
// not depend on the order. Counts fit in 32 bits, as the pixels of a cell do.
template <Real T>
__global__ void __launch_bounds__(CellBlock::threads, 2) clahe_tables_kernel(ClaheTableArgs<T> args) {
  auto& memory = shared_memory<CellMemory>();
  const int thread = static_cast<int>(threadIdx.x), warp = thread / warp_threads, lane = thread % warp_threads;
  const ClaheCells cells = args.cells;
  const std::int64_t cell = blockIdx.x, channels = args.channels;
  const std::int64_t top = cell / cells.columns % cells.rows * cells.height, left = cell % cells.columns * cells.width;
  const T* image = args.x + cell / cells.columns / cells.rows * args.height * args.width * channels;
  if (thread == 0) memory.nans = 0;

  for (std::int64_t first = 0; first < channels; first += CellBlock::channels) {
    const int some = static_cast<int>(channels - first < CellBlock::channels ? channels - first : CellBlock::channels);
    for (int i = thread; i < some * clahe_levels; i += CellBlock::threads)
      memory.counts[i / clahe_levels][i % clahe_levels] = 0;
    __syncthreads();
    for (std::int64_t row = warp; row < cells.height; row += CellBlock::warps)
      for (std::int64_t column = lane; column < cells.width; column += warp_threads) {
        const std::int64_t pixel =
            kernels::reflected(top + row, args.height) * args.width + kernels::reflected(left + column, args.width);
        for (int c = 0; c < some; ++c) {
          const T value = image[pixel * channels + first + c];
          if (value != value) atomicAdd(&memory.nans, 1);
          atomicAdd(&memory.counts[c][kernels::clahe_bin(value)], 1);
        }
      }
    __syncthreads();
    if (warp < some)
      write_table(memory.counts[warp], args.limit, args.scale,
                  args.tables + (cell * channels + first + warp) * clahe_levels);
    __syncthreads();
  }
  if (thread == 0) args.nan[cell] = memory.nans > 0;
}

// Consecutive rows per block.
constexpr int strip_rows = 8;
static_assert(strip_rows <= block_threads);

// Two adjacent cells along one axis, given by clahe_pair(). Equal at the border.
struct CellPair {
  std::int64_t first, second;
};

__device__ __forceinline__ CellPair cell_pair(std::int64_t pair, std::int64_t cells) {
  return {pair > 0 ? pair - 1 : 0, pair < cells ? pair : cells - 1};
}

// Tables and weight for all values of a row.
template <Real T>
struct RowPlan {
  const std::uint8_t *upper, *lower;  // tables (columns, C, 256) of the two rows of cells
  T weight;
};

// Bound by memory: 8 bytes and 10 FLOPs per element in float. The four table look-ups hit the L1 cache, because the
// pixels of a block are in few cells. A block writes a stretch of a strip of rows. The plan of a row is computed once
// per block, that of a column once per thread. Products are not contracted, as on the CPU, which gives the same bits.
template <Real T>
__global__ void clahe_kernel(ClaheArgs<T> args) {
  struct Memory {
    RowPlan<T> rows[strip_rows];
  };
  auto& memory = shared_memory<Memory>();
  const ClaheCells cells = args.cells;
  const std::int64_t row_size = args.width * args.channels, stretches = (row_size + block_threads - 1) / block_threads;
  const std::int64_t strips = (args.height + strip_rows - 1) / strip_rows, strip = blockIdx.x / stretches;
  const std::int64_t image = strip / strips, top = strip % strips * strip_rows;
  const int rows = static_cast<int>(args.height - top < strip_rows ? args.height - top : strip_rows);
  const int thread = static_cast<int>(threadIdx.x);
  if (thread < rows) {
    const CellPair pair = cell_pair(kernels::clahe_pair(args.top + top + thread, cells.height), cells.rows);
    const std::int64_t size = cells.columns * args.channels * clahe_levels;
    const std::uint8_t* tables = args.tables + image * cells.rows * size;
    memory.rows[thread] = {tables + pair.first * size, tables + pair.second * size,
                           kernels::clahe_weight<T>(args.top + top + thread, cells.height)};
  }
  __syncthreads();

  const std::int64_t i = blockIdx.x % stretches * block_threads + thread;
  if (i >= row_size) return;
  const std::int64_t column = i / args.channels, channel = i % args.channels;
  const CellPair pair = cell_pair(kernels::clahe_pair(args.left + column, cells.width), cells.columns);
  const std::int64_t left = (pair.first * args.channels + channel) * clahe_levels;
  const std::int64_t right = (pair.second * args.channels + channel) * clahe_levels;
  const T column_weight = kernels::clahe_weight<T>(args.left + column, cells.width);
  for (int r = 0; r < rows; ++r) {
    const RowPlan<T>& row = memory.rows[r];
    const std::int64_t at = (image * args.height + top + r) * row_size + i;
    const std::int32_t index = kernels::clahe_index(args.x[at]);
    args.y[at] =
        kernels::clahe_blend(T(row.upper[left + index]), T(row.upper[right + index]), T(row.lower[left + index]),
                             T(row.lower[right + index]), row.weight, column_weight);
  }
}

}  // namespace

template <Real T>
void clahe_tables(Cuda device, const ClaheTableArgs<T>& args) {
  const std::int64_t cells = args.images * args.cells.rows * args.cells.columns;
  launch(device, clahe_tables_kernel<T>, {dim3(static_cast<unsigned>(cells)), CellBlock::threads}, args);
}

template <Real T>
void clahe(Cuda device, const ClaheArgs<T>& args) {
  const std::int64_t blocks =
      args.images * ceil_div(args.height, strip_rows) * ceil_div(args.width * args.channels, block_threads);
  launch(device, clahe_kernel<T>, {dim3(static_cast<unsigned>(blocks)), block_threads}, args);
}

#define PREMIX_INSTANTIATE(T)                                 \
  template void clahe_tables(Cuda, const ClaheTableArgs<T>&); \
  template void clahe(Cuda, const ClaheArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
