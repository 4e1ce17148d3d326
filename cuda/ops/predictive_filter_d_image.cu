#include "premix/kernels/predictive_filter.hpp"

#include "cuda/ops/filter_dispatch.cuh"
#include "cuda/ops/filter_gradients.cuh"
#include "premix/kernels/math.hpp"

namespace premix {
namespace {

// The gradient of an image is a gather. Sample q adds filter * d_y over all pixels p whose filter covers q, with the
// tap at offset q - p. P = (K - 1) / 2 is the margin.

// Number of stages of asynchronous copies.
template <int K>
constexpr int stages = K <= 3 ? 3 : 2;

// Staged row of a strip with its halo: filters and d_y.
struct HaloMemory {
  int filter_bytes = 0, stage_bytes = 0;  // filters of one row; filters and d_y of one row
  std::size_t bytes = 0;                  // all stages and one number per thread
};

template <int K, class T>
HaloMemory halo_memory(const StripLayout& layout, int threads) {
  const std::int64_t numbers = std::int64_t{layout.columns + K - 1} * layout.bands;
  HaloMemory memory{.filter_bytes = static_cast<int>(run_bytes<T>(numbers * K * K))};
  memory.stage_bytes = memory.filter_bytes + static_cast<int>(run_bytes<T>(numbers));
  memory.bytes = static_cast<std::size_t>(stages<K>) * memory.stage_bytes + sizeof(T) * threads;
  return memory;
}

template <Real T>
struct ImageGradientArgs {
  GradientArgs<T> gradient;
  HaloMemory memory;
};

// Gradient of one image sample from the pixels of one row, through row dy of their filters.
template <int K, int lanes, class T>
struct RowGather {
  const T *filters, *d_y;  // of the staged pixels, at the first band of this thread
  int pixel_taps, bands;
  int first, last;  // columns of the staged pixels: first to last - 1
  int column, width;

  // Adds the terms of one column of the padded image: pixel column - dx + P through tap dx.
  __device__ __forceinline__ void add(int padded_column, int dy, Lanes<T, lanes>& sum) const {
    constexpr int margin = (K - 1) / 2;
#pragma unroll
    for (int dx = 0; dx < K; ++dx) {
      const int pixel = padded_column - dx + margin;
      if (pixel < first || pixel >= last) continue;
      const auto filter = load_lanes<lanes>(filters + (pixel - first) * pixel_taps + (dy * K + dx) * bands);
      const auto d = load_lanes<lanes>(d_y + (pixel - first) * bands);
#pragma unroll
      for (int i = 0; i < lanes; ++i) sum.v[i] = mul_add(filter.v[i], d.v[i], sum.v[i]);
    }
  }

  // Sum over all copies of the sample in the padded row: the sample and, near the border, its reflections.
  __device__ __forceinline__ Lanes<T, lanes> sum(int dy) const {
    constexpr int margin = (K - 1) / 2;
    Lanes<T, lanes> result = {};
    add(column, dy, result);
    if (margin > 0 && column >= 1 && column <= margin) add(-column, dy, result);
    if (margin > 0 && column <= width - 2 && column >= width - 1 - margin) add(2 * (width - 1) - column, dy, result);
    return result;
  }
};

template <class T, int lanes>
__device__ __forceinline__ void accumulate(Lanes<T, lanes>& sum, const Lanes<T, lanes>& term) {
#pragma unroll
  for (int i = 0; i < lanes; ++i) sum.v[i] += term.v[i];
}

// Writes the sums of an image row: one per band, or for a one-band image their total. fold: shared memory, one number
// per thread. Called by all threads of the block.
template <int lanes, class T>
__device__ __forceinline__ void write_image_row(const FilterGradients<T>& gradients, const StripLayout& layout,
                                                const Strip& strip, std::int64_t row, const Lanes<T, lanes>& sums,
                                                T* fold) {
  const std::int64_t place = strip.place(layout, row, strip.left + strip.pixel);
  if (gradients.source.image_bands == layout.bands) {
    if (strip.active) store_lanes(gradients.d_image + place * layout.bands + strip.band, sums);
    return;
  }
  T sum = sums.v[0];
#pragma unroll
  for (int i = 1; i < lanes; ++i) sum += sums.v[i];
  fold[threadIdx.x] = sum;
  __syncthreads();
  if (!strip.active || strip.band > 0) return;
  for (int group = 1; group < layout.groups; ++group) sum += fold[threadIdx.x + group];
  gradients.d_image[place] = sum;
}

// Bound by reading the filters: K K B + 2 B numbers per pixel, one multiply-add per filter value. A block walks down
// its strip over the rows of pixels p, from P above to P below its own rows. Each thread keeps the sums of the K image
// rows covered by row p in registers. An image row is complete after the last row of pixels that covers it. Every
// filter value is read once, except those of the P columns and rows around the strip. The order of additions does not
// depend on the strips.
template <int K, int lanes, Real T>
__global__ void d_image_kernel(const __grid_constant__ ImageGradientArgs<T> all) {
  constexpr int margin = (K - 1) / 2, depth = stages<K>;
  const GradientArgs<T>& args = all.gradient;
  const StripLayout& layout = args.layout;
  const Strip strip(layout);
  const FilterGradients<T>& gradients = args.sources[strip.source];
  const int pixel_taps = K * K * layout.bands;
  const std::int64_t first = strip.left > margin ? strip.left - margin : 0, right = strip.left + strip.pixels + margin;
  const int staged = static_cast<int>((right < layout.width ? right : layout.width) - first);
  const std::int64_t above = strip.top > margin ? strip.top - margin : 0;
  const std::int64_t below = strip.bottom + margin < layout.height ? strip.bottom + margin : layout.height;

  unsigned char* const shared = dynamic_shared_memory();
  T* const fold = reinterpret_cast<T*>(shared + depth * all.memory.stage_bytes);
  const auto stage_of = [&](std::int64_t row) {
    return shared + static_cast<int>((row - above) % depth) * all.memory.stage_bytes;
  };
  const auto filters_of = [&](std::int64_t row) {
    return gradients.source.filters + strip.place(layout, row, first) * pixel_taps;
  };
  const auto d_y_of = [&](std::int64_t row) { return args.d_y + strip.place(layout, row, first) * layout.bands; };
  const auto begin_row = [&](std::int64_t row) {
    if (row < below) {
      copy_run(stage_of(row), filters_of(row), staged * pixel_taps);
      copy_run(stage_of(row) + all.memory.filter_bytes, d_y_of(row), staged * layout.bands);
    }
    end_copies();
  };
  for (int i = 0; i < depth - 1; ++i) begin_row(above + i);

  Lanes<T, lanes> sums[K] = {};  // of the image rows p - P .. p + P
  for (std::int64_t row = above; row < strip.bottom + margin; ++row) {
    wait_copies<depth - 2>();
    __syncthreads();
    begin_row(row + depth - 1);
    if (row < below && strip.active) {
      const RowGather<K, lanes, T> gather{run_start(stage_of(row), filters_of(row)) + strip.band,
                                          run_start(stage_of(row) + all.memory.filter_bytes, d_y_of(row)) + strip.band,
                                          pixel_taps,
                                          layout.bands,
                                          static_cast<int>(first),
                                          static_cast<int>(first) + staged,
                                          static_cast<int>(strip.left) + strip.pixel,
                                          static_cast<int>(layout.width)};
      if (row >= margin && row + margin < layout.height) {
#pragma unroll
        for (int dy = 0; dy < K; ++dy) accumulate(sums[dy], gather.sum(dy));
      } else {  // near the border, some taps read reflections of the K image rows
        for (int dy = 0; dy < K; ++dy) {
          const auto term = gather.sum(dy);
          const int source = static_cast<int>(kernels::reflected(row + dy - margin, layout.height) - row) + margin;
#pragma unroll
          for (int i = 0; i < K; ++i)
            if (i == source) accumulate(sums[i], term);
        }
      }
    }

    const std::int64_t complete = row - margin;
    if (complete >= strip.top) write_image_row(gradients, layout, strip, complete, sums[0], fold);
#pragma unroll
    for (int i = 0; i + 1 < K; ++i) sums[i] = sums[i + 1];
    sums[K - 1] = {};
  }
}

// Index of sample i, or of a reflection of it, on a padded axis. copy: 0 the sample, 1 and 2 its reflections at the two
// ends. Returns `absent` if there is no such reflection.
constexpr std::int64_t absent = INT64_MIN;

__device__ std::int64_t padded_index(int copy, std::int64_t i, std::int64_t size, int margin) {
  if (copy == 0) return i;
  if (copy == 1) return i >= 1 && i <= margin ? -i : absent;
  return i <= size - 2 && i >= size - 1 - margin ? 2 * (size - 1) - i : absent;
}

// Fallback for any K and B without an instance of the strip kernel. One thread per number, without shared memory.
template <Real T>
__global__ void d_image_any_kernel(const __grid_constant__ GradientArgs<T> args) {
  const int K = args.kernel, margin = (K - 1) / 2;
  const std::int64_t height = args.height, width = args.width, bands = args.bands;
  const std::int64_t pixels = args.images * height * width, source = global_thread() / (pixels * bands),
                     i = global_thread() % (pixels * bands);
  if (source >= args.source_count) return;
  const FilterGradients<T>& gradients = args.sources[source];
  const std::int64_t image_bands = gradients.source.image_bands, sample = i / image_bands, band = i % image_bands;
  if (sample >= pixels) return;
  const std::int64_t image = sample / width / height * height;
  T sum = T(0);
  for (int copy = 0; copy < 9; ++copy) {
    const std::int64_t row = padded_index(copy / 3, sample / width % height, height, margin);
    const std::int64_t column = padded_index(copy % 3, sample % width, width, margin);
    if (row == absent || column == absent) continue;
    for (int tap = 0; tap < K * K; ++tap) {
      const std::int64_t y = row - tap / K + margin, x = column - tap % K + margin;
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      const std::int64_t pixel = (image + y) * width + x;
      for (std::int64_t b = band; b < bands; b += image_bands)
        sum = mul_add(gradients.source.filters[(pixel * K * K + tap) * bands + b], args.d_y[pixel * bands + b], sum);
    }
  }
  gradients.d_image[i] = sum;
}

}  // namespace

template <Real T>
void launch_d_image(Cuda device, GradientArgs<T> args) {
  const bool done = with_strips<T>(args, [&]<int K, int lanes>(const StripLayout& layout, int threads) {
    args.layout = layout;
    const HaloMemory memory = halo_memory<K, T>(layout, threads);
    // A strip reads K - 1 columns more than its width, so narrow strips are inefficient.
    if (memory.bytes > shared_limit(device, threads, threads > 64 ? four_fit : two_fit)) return false;
    launch(device, d_image_kernel<K, lanes, T>,
           {dim3(static_cast<unsigned>(layout.blocks(args.source_count))), threads, memory.bytes},
           ImageGradientArgs<T>{args, memory});
    return true;
  });
  if (!done)
    launch(device, d_image_any_kernel<T>,
           cover(args.source_count * args.images * args.height * args.width * args.bands), args);
}

template void launch_d_image(Cuda, GradientArgs<float>);
template void launch_d_image(Cuda, GradientArgs<double>);

}  // namespace premix
