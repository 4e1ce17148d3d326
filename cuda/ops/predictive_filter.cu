#include "premix/kernels/predictive_filter.hpp"

#include "cuda/ops/filter_dispatch.cuh"
#include "cuda/ops/filter_gradients.cuh"
#include "premix/kernels/math.hpp"

namespace premix {
namespace {

// Number of stages of asynchronous copies. Keeps enough bytes in flight to saturate the memory.
template <int K>
constexpr int stages = K <= 3 ? 4 : 2;
template <int K>
constexpr int ring_slots = K + stages<K> - 1;

// Layout of the block's shared memory.
struct ForwardMemory {
  int stage_bytes = 0, ring_row_sizes[2] = {};
  std::size_t bytes = 0;
};

template <int K, class T>
ForwardMemory forward_memory(const PredictiveFilterArgs<T>& args, const StripLayout& layout) {
  ForwardMemory memory{.stage_bytes =
                           static_cast<int>(run_bytes<T>(std::int64_t{layout.columns} * K * K * layout.bands))};
  memory.bytes = static_cast<std::size_t>(stages<K>) * memory.stage_bytes;
  for (int i = 0; i < args.source_count; ++i) {
    memory.ring_row_sizes[i] = ring_row_size<T>(layout.columns, K, static_cast<int>(args.sources[i].image_bands));
    memory.bytes += sizeof(T) * ring_slots<K> * memory.ring_row_sizes[i];
  }
  return memory;
}

template <Real T>
struct StripArgs {
  PredictiveFilterArgs<T> filter;
  StripLayout layout;
  ForwardMemory memory;
};

// Bound by reading the filters: K K B + 2 B numbers per pixel and source, one multiply-add per filter value. A block
// walks down its strip; a step is one row of one source. While a step is computed from shared memory, the filters and
// new image rows of the next steps are copied there.
template <int K, int lanes, Real T>
__global__ void forward_kernel(const __grid_constant__ StripArgs<T> args) {
  constexpr int depth = stages<K>, margin = (K - 1) / 2, taps = K * K;
  const StripLayout& layout = args.layout;
  const Strip strip(layout);
  const int sources = args.filter.source_count, steps = static_cast<int>(strip.bottom - strip.top) * sources;
  const auto source_of = [&](int step) { return step & (sources - 1); };  // sources is 1 or 2
  const auto row_of = [&](int step) { return step >> (sources - 1); };
  const int pixel_taps = taps * layout.bands;

  unsigned char* const shared = dynamic_shared_memory();
  T* const rings = reinterpret_cast<T*>(shared + depth * args.memory.stage_bytes);
  const auto ring_of = [&](int source) {
    const int before = source == 0 ? 0 : ring_slots<K> * args.memory.ring_row_sizes[0];
    return ImageRing<T, ring_slots<K>>{rings + before, args.memory.ring_row_sizes[source]};
  };
  const auto filters_of = [&](int step) {
    return args.filter.sources[source_of(step)].filters +
           strip.place(layout, strip.top + row_of(step), strip.left) * pixel_taps;
  };
  const auto copy_row = [&](int source, int r) {
    const auto& from = args.filter.sources[source];
    copy_image_row<K, lanes>(ring_of(source), r, layout, strip, from.image, static_cast<int>(from.image_bands),
                             strip.top + r - margin);
  };
  const auto begin_step = [&](int step) {
    if (step < steps) {
      copy_run(shared + step % depth * args.memory.stage_bytes, filters_of(step), strip.pixels * pixel_taps);
      copy_row(source_of(step), row_of(step) + K - 1);
    }
    end_copies();
  };

  for (int source = 0; source < sources; ++source)
    for (int r = 0; r < K - 1; ++r) copy_row(source, r);
  for (int step = 0; step < depth - 1; ++step) begin_step(step);

  Lanes<T, lanes> sums;
  for (int step = 0; step < steps; ++step) {
    wait_copies<depth - 2>();
    __syncthreads();
    begin_step(step + depth - 1);
    if (!strip.active) continue;

    const int source = source_of(step), row = row_of(step);
    const int image_bands = static_cast<int>(args.filter.sources[source].image_bands);
    const auto ring = ring_of(source);
    const T* filters = run_start(shared + step % depth * args.memory.stage_bytes, filters_of(step)) +
                       strip.pixel * pixel_taps + strip.band;
    if (source == 0) sums = {};
#pragma unroll
    for (int dy = 0; dy < K; ++dy) {
      const T* image = ring.row(row + dy) + strip.pixel * image_bands;
#pragma unroll
      for (int dx = 0; dx < K; ++dx) {
        const auto filter = load_lanes<lanes>(filters + (dy * K + dx) * layout.bands);
        const auto value = image_lanes<lanes>(image + dx * image_bands, strip.band, image_bands == 1);
#pragma unroll
        for (int i = 0; i < lanes; ++i) sums.v[i] = mul_add(filter.v[i], value.v[i], sums.v[i]);
      }
    }
    if (source == sources - 1)
      store_lanes(
          args.filter.y + strip.place(layout, strip.top + row, strip.left + strip.pixel) * layout.bands + strip.band,
          sums);
  }
}

// Fallback for any K and B without an instance of the strip kernel. One thread per output, without shared memory.
template <Real T>
__global__ void forward_any_kernel(const __grid_constant__ PredictiveFilterArgs<T> args) {
  const std::int64_t i = global_thread(), pixel = i / args.bands, band = i % args.bands;
  if (pixel >= args.images * args.height * args.width) return;
  const std::int64_t x = pixel % args.width, y = pixel / args.width % args.height, first_row = pixel / args.width - y;
  const int K = args.kernel, margin = (K - 1) / 2;
  T sum = T(0);
  for (int source = 0; source < args.source_count; ++source) {
    const FilterSource<T>& from = args.sources[source];
    for (int tap = 0; tap < K * K; ++tap) {
      const std::int64_t row = first_row + kernels::reflected(y + tap / K - margin, args.height),
                         column = kernels::reflected(x + tap % K - margin, args.width);
      const T value = from.image[(row * args.width + column) * from.image_bands + (from.image_bands == 1 ? 0 : band)];
      sum = mul_add(from.filters[(pixel * K * K + tap) * args.bands + band], value, sum);
    }
  }
  args.y[i] = sum;
}

// Selects the sources that require the gradient.
template <Real T, class Wants>
GradientArgs<T> wanted(const PredictiveFilterBackwardArgs<T>& args, Wants wants) {
  GradientArgs<T> result{.d_y = args.d_y,
                         .images = args.images,
                         .height = args.height,
                         .width = args.width,
                         .bands = args.bands,
                         .kernel = args.kernel};
  for (int i = 0; i < args.source_count; ++i)
    if (wants(args.sources[i])) result.sources[result.source_count++] = args.sources[i];
  return result;
}

}  // namespace

template <Real T>
void predictive_filter_forward(Cuda device, const PredictiveFilterArgs<T>& args) {
  const bool done = with_strips<T>(args, [&]<int K, int lanes>(const StripLayout& layout, int threads) {
    const ForwardMemory memory = forward_memory<K>(args, layout);
    if (memory.bytes > shared_limit(device, threads, four_fit)) return false;
    launch(device, forward_kernel<K, lanes, T>, {dim3(static_cast<unsigned>(layout.blocks(1))), threads, memory.bytes},
           StripArgs<T>{args, layout, memory});
    return true;
  });
  if (!done) launch(device, forward_any_kernel<T>, cover(args.images * args.height * args.width * args.bands), args);
}

template <Real T>
void predictive_filter_backward(Cuda device, const PredictiveFilterBackwardArgs<T>& args) {
  const auto for_filters = wanted(args, [](const FilterGradients<T>& g) { return g.d_filters != nullptr; });
  const auto for_image = wanted(args, [](const FilterGradients<T>& g) { return g.d_image != nullptr; });
  if (for_filters.source_count > 0) launch_d_filters(device, for_filters);
  if (for_image.source_count > 0) launch_d_image(device, for_image);
}

template void predictive_filter_forward(Cuda, const PredictiveFilterArgs<float>&);
template void predictive_filter_forward(Cuda, const PredictiveFilterArgs<double>&);
template void predictive_filter_backward(Cuda, const PredictiveFilterBackwardArgs<float>&);
template void predictive_filter_backward(Cuda, const PredictiveFilterBackwardArgs<double>&);

}  // namespace premix
