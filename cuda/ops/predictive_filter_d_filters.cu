#include "premix/kernels/predictive_filter.hpp"

#include "cuda/ops/filter_dispatch.cuh"
#include "cuda/ops/filter_gradients.cuh"
#include "premix/kernels/math.hpp"

namespace premix {
namespace {

// Number of stages of asynchronous copies.
template <int K>
constexpr int stages = K <= 3 ? 3 : 2;

template <int K>
constexpr int ring_slots = K + stages<K> - 1;

template <class T>
int filter_run_bytes(const StripLayout& layout, int kernel) {
  return static_cast<int>(run_bytes<T>(std::int64_t{layout.columns} * kernel * kernel * layout.bands));
}

template <int K, class T>
std::size_t d_filters_shared_bytes(const GradientArgs<T>& args) {
  int row_size = 0;
  for (int i = 0; i < args.source_count; ++i) {
    const int size = ring_row_size<T>(args.layout.columns, K, static_cast<int>(args.sources[i].source.image_bands));
    row_size = size > row_size ? size : row_size;
  }
  return static_cast<std::size_t>(2 * filter_run_bytes<T>(args.layout, K)) + sizeof(T) * ring_slots<K> * row_size;
}

// Bound by writing the gradients: K K B + 2 B numbers per pixel, one multiplication each. A block walks down its strip.
// The products of a row are stored in shared memory in the layout of global memory. They are written from there in
// 16-byte chunks while the products of the next row are computed, with two runs in alternation.
template <int K, int lanes, Real T>
__global__ void d_filters_kernel(const __grid_constant__ GradientArgs<T> args) {
  constexpr int margin = (K - 1) / 2, ahead = stages<K> - 1;
  const StripLayout& layout = args.layout;
  const Strip strip(layout);
  const FilterGradients<T>& gradients = args.sources[strip.source];
  const int image_bands = static_cast<int>(gradients.source.image_bands), pixel_taps = K * K * layout.bands;
  const int rows = static_cast<int>(strip.bottom - strip.top);
  const int stage_bytes = static_cast<int>(run_bytes<T>(std::int64_t{layout.columns} * pixel_taps));

  unsigned char* const shared = dynamic_shared_memory();
  const ImageRing<T, ring_slots<K>> ring{reinterpret_cast<T*>(shared + 2 * stage_bytes),
                                         ring_row_size<T>(layout.columns, K, image_bands)};
  const auto copy_row = [&](int r) {
    if (r < rows + K - 1)
      copy_image_row<K, lanes>(ring, r, layout, strip, gradients.source.image, image_bands, strip.top + r - margin);
  };
  const auto run_of = [&](int row) {
    return gradients.d_filters + strip.place(layout, strip.top + row, strip.left) * pixel_taps;
  };
  const auto write = [&](int row) {
    store_run(shared + row % 2 * stage_bytes, run_of(row), strip.pixels * pixel_taps);
  };
  const T* const d_y = args.d_y + strip.place(layout, strip.top, strip.left + strip.pixel) * layout.bands + strip.band;

  for (int r = 0; r < K - 1; ++r) copy_row(r);
  for (int row = 0; row < ahead; ++row) {
    copy_row(row + K - 1);
    end_copies();
  }

  Lanes<T, lanes> next = {};
  if (strip.active) next = load_lanes<lanes>(d_y);
  for (int row = 0; row < rows; ++row) {
    wait_copies<ahead - 1>();
    __syncthreads();
    copy_row(row + ahead + K - 1);
    end_copies();
    if (row > 0) write(row - 1);
    if (!strip.active) continue;

    const Lanes<T, lanes> d = next;
    if (row + 1 < rows) next = load_lanes<lanes>(d_y + (row + 1) * layout.width * layout.bands);
    T* const to = run_start(shared + row % 2 * stage_bytes, run_of(row)) + strip.pixel * pixel_taps + strip.band;
#pragma unroll
    for (int dy = 0; dy < K; ++dy) {
      const T* image = ring.row(row + dy) + strip.pixel * image_bands;
#pragma unroll
      for (int dx = 0; dx < K; ++dx) {
        auto product = image_lanes<lanes>(image + dx * image_bands, strip.band, image_bands == 1);
#pragma unroll
        for (int i = 0; i < lanes; ++i) product.v[i] *= d.v[i];
        store_lanes(to + (dy * K + dx) * layout.bands, product);
      }
    }
  }
  __syncthreads();
  write(rows - 1);
}

// Fallback for any K and B without an instance of the strip kernel. One thread per number, without shared memory.
template <Real T>
__global__ void d_filters_any_kernel(const __grid_constant__ GradientArgs<T> args) {
  const int K = args.kernel, margin = (K - 1) / 2, taps = K * K;
  const std::int64_t height = args.height, width = args.width,
                     numbers = args.images * height * width * taps * args.bands;
  const std::int64_t i = global_thread() % numbers, source = global_thread() / numbers;
  if (source >= args.source_count) return;
  const FilterGradients<T>& gradients = args.sources[source];
  const std::int64_t band = i % args.bands, tap = i / args.bands % taps, pixel = i / args.bands / taps;
  const std::int64_t x = pixel % width, y = pixel / width % height, first_row = pixel / width - y,
                     image_bands = gradients.source.image_bands;
  const std::int64_t row = first_row + kernels::reflected(y + tap / K - margin, height),
                     column = kernels::reflected(x + tap % K - margin, width);
  const T value = gradients.source.image[(row * width + column) * image_bands + (image_bands == 1 ? 0 : band)];
  gradients.d_filters[i] = args.d_y[pixel * args.bands + band] * value;
}

}  // namespace

template <Real T>
void launch_d_filters(Cuda device, GradientArgs<T> args) {
  const bool done = with_strips<T>(args, [&]<int K, int lanes>(const StripLayout& layout, int threads) {
    args.layout = layout;
    const std::size_t bytes = d_filters_shared_bytes<K>(args);
    if (bytes > shared_limit(device, threads, four_fit)) return false;
    launch(device, d_filters_kernel<K, lanes, T>,
           {dim3(static_cast<unsigned>(layout.blocks(args.source_count))), threads, bytes}, args);
    return true;
  });
  if (!done)
    launch(device, d_filters_any_kernel<T>,
           cover(args.source_count * args.images * args.height * args.width * args.bands * args.kernel * args.kernel),
           args);
}

template void launch_d_filters(Cuda, GradientArgs<float>);
template void launch_d_filters(Cuda, GradientArgs<double>);

}  // namespace premix
