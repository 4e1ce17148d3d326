#include "kernels/clahe.hpp"

#include "cuda/ops/reduce.cuh"
#include "cuda/runtime/pack.cuh"
#include "kernels/reflected.hpp"

namespace premix {
namespace {

// What the block of one cell is like.
struct CellBlock {
  static constexpr int threads = 512, warps = threads / warp_threads;
  static constexpr int channels = 8;                               // histograms that it fills at a time
  static constexpr int lane_levels = clahe_levels / warp_threads;  // levels of a table that a lane writes
  static_assert(channels <= warps, "a warp for each table");
  static_assert(clahe_levels % warp_threads == 0);
};

struct CellMemory {
  std::int32_t counts[CellBlock::channels][clahe_levels];
  std::int32_t nans;
};

// The sum over the lanes before this one, by the tree of warp_sum.
__device__ __forceinline__ std::int32_t sum_before(std::int32_t value) {
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

// Cuts a histogram (256) to the limit, gives the rest to all bins, and writes its cumulative sums as table entries: a
// warp's work, of which each lane takes neighbouring levels. Whole numbers, so that no order of summation matters.
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
  const std::int32_t before = sum_before(sum);
  Pack<std::uint8_t, levels> entries;
#pragma unroll
  for (int j = 0; j < levels; ++j) entries.v[j] = kernels::clahe_entry<T>(before + cut[j], scale);
  store(table + first, entries);
}

// Bound by memory and by the additions in shared memory, one a value, which wait for each other where a warp's pixels
// are alike: 4 bytes an element in float. A block makes the tables of one cell: it counts the pixels of up to 8
// channels at a time, a warp taking row after row and a lane all those channels of a pixel, and then a warp writes each
// channel's table. Counts are whole numbers, and their atomic additions come to the same in any order. They fit in 32
// bits, as a cell's pixels do.
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

// The rows that one block writes, one below another.
constexpr int strip_rows = 8;
static_assert(strip_rows <= block_threads);

// The cells of clahe_pair's number.
struct CellPair {
  std::int64_t first, second;
};

__device__ __forceinline__ CellPair cell_pair(std::int64_t pair, std::int64_t cells) {
  return {pair > 0 ? pair - 1 : 0, pair < cells ? pair : cells - 1};
}

// What the values of one row share.
template <Real T>
struct RowPlan {
  const std::uint8_t *upper, *lower;  // tables (columns, C, 256) of the two rows of cells
  T weight;
};

// Bound by memory: 8 bytes and 10 FLOPs an element in float, besides four look-ups in tables that the first-level cache
// keeps, since a block's pixels lie in few cells. A block writes a stretch of a strip of rows. What a row's values
// share is found once for all threads, what a column's share once a thread. Products stay unfused, as on the CPU: the
// same bits.
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
