#pragma once

#include "cuda/runtime/pack.cuh"
#include "cuda/runtime/shared.cuh"
#include "kernels/reflected.hpp"

// Shared by the kernels of predictive filtering. A block owns a strip of some columns and walks down a number of its
// rows. The filters of a row within the strip are one contiguous run in memory. Runs are staged in shared memory, so
// that all accesses to global memory are aligned, consecutive 16-byte chunks for any number of bands. A thread owns
// `lanes` adjacent bands of one pixel and reads the taps of its pixel from shared memory. K*K is odd, so the taps of
// adjacent pixels start in different banks.

namespace premix {

constexpr int chunk_bytes = 16;

/// Partition of the images into strips. B = groups * lanes: `groups` threads compute one pixel.
struct StripLayout {
  std::int64_t height = 0, width = 0;
  int bands = 0, groups = 0;
  int columns = 0;                     // width of a strip in pixels
  std::int64_t strips = 0;             // per row
  std::int64_t segment_rows = 0;       // rows per block
  std::int64_t segments = 0;           // per column
  std::int64_t blocks_per_source = 0;  // images * segments * strips

  std::int64_t blocks(int sources) const { return blocks_per_source * sources; }
};

/// threads: per block, at least `groups`.
inline StripLayout strip_layout(std::int64_t images, std::int64_t height, std::int64_t width, std::int64_t bands,
                                int lanes, int threads) {
  StripLayout s{
      .height = height, .width = width, .bands = static_cast<int>(bands), .groups = static_cast<int>(bands) / lanes};
  s.columns = threads / s.groups;
  s.strips = ceil_div(width, s.columns);
  // Long segments load fewer rows twice. Short segments give more blocks: about ten per multiprocessor of a large GPU.
  constexpr std::int64_t enough_blocks = 1320;
  s.segment_rows = 256;
  while (s.segment_rows > 8 && images * s.strips * ceil_div(height, s.segment_rows) < enough_blocks)
    s.segment_rows /= 2;
  s.segments = ceil_div(height, s.segment_rows);
  s.blocks_per_source = images * s.strips * s.segments;
  return s;
}

/// Strip of a block, and pixel of a thread in it.
struct Strip {
  int source;
  std::int64_t image, left, top, bottom;  // columns left .. left + pixels - 1, rows top .. bottom - 1
  int pixels;
  int pixel, band;  // pixel of this thread, from the left of the strip, and its first band
  bool active;      // whether this thread has a pixel

  __device__ explicit Strip(const StripLayout& layout) {
    const std::int64_t block = blockIdx.x % layout.blocks_per_source;
    source = static_cast<int>(blockIdx.x / layout.blocks_per_source);
    left = block % layout.strips * layout.columns;
    top = block / layout.strips % layout.segments * layout.segment_rows;
    image = block / layout.strips / layout.segments;
    bottom = top + layout.segment_rows < layout.height ? top + layout.segment_rows : layout.height;
    pixels = static_cast<int>(layout.width - left < layout.columns ? layout.width - left : layout.columns);
    const int thread = static_cast<int>(threadIdx.x);
    pixel = thread / layout.groups;
    band = thread % layout.groups * (layout.bands / layout.groups);
    active = pixel < pixels;
  }

  /// Index of a pixel in the images.
  __device__ std::int64_t place(const StripLayout& layout, std::int64_t row, std::int64_t column) const {
    return (image * layout.height + row) * layout.width + column;
  }
};

/// Values of the bands of one thread.
template <class T, int lanes>
struct Lanes {
  T v[lanes];
};

/// Loads consecutive numbers, in one access if their number is a power of two.
template <int lanes, class T>
__device__ __forceinline__ Lanes<T, lanes> load_lanes(const T* from) {
  Lanes<T, lanes> result;
  if constexpr (lanes == 3) {
#pragma unroll
    for (int i = 0; i < lanes; ++i) result.v[i] = from[i];
  } else {
    const auto pack = load<lanes>(from);
#pragma unroll
    for (int i = 0; i < lanes; ++i) result.v[i] = pack.v[i];
  }
  return result;
}

template <int lanes, class T>
__device__ __forceinline__ void store_lanes(T* to, const Lanes<T, lanes>& values) {
  if constexpr (lanes == 3) {
#pragma unroll
    for (int i = 0; i < lanes; ++i) to[i] = values.v[i];
  } else {
    Pack<T, lanes> pack;
#pragma unroll
    for (int i = 0; i < lanes; ++i) pack.v[i] = values.v[i];
    store(to, pack);
  }
}

/// Loads the values of an image at a pixel: the bands of this thread, or copies of the only band.
template <int lanes, class T>
__device__ __forceinline__ Lanes<T, lanes> image_lanes(const T* pixel, int band, bool one_band) {
  if (!one_band) return load_lanes<lanes>(pixel + band);
  Lanes<T, lanes> result;
#pragma unroll
  for (int i = 0; i < lanes; ++i) result.v[i] = *pixel;
  return result;
}

/// Bytes of shared memory for a run of count numbers. The run keeps its offset within a 16-byte chunk.
template <class T>
PREMIX_HD constexpr std::int64_t run_bytes(std::int64_t count) {
  return ceil_div(count * static_cast<std::int64_t>(sizeof(T)), chunk_bytes) * chunk_bytes + chunk_bytes;
}

template <class T>
__device__ __forceinline__ int run_phase(const T* global) {
  return static_cast<int>(reinterpret_cast<std::uintptr_t>(global) % chunk_bytes / sizeof(T));
}

/// Address of the first number of a run in shared memory.
template <class T>
__device__ __forceinline__ T* run_start(unsigned char* shared, const T* global) {
  return reinterpret_cast<T*>(shared) + run_phase(global);
}

/// Starts copying a run to shared memory. Called by all threads of the block. Also copies the numbers before the run in
/// its first chunk: they belong to the same tensor, which is aligned. Numbers after the run may not exist.
template <class T>
__device__ __forceinline__ void copy_run(unsigned char* shared, const T* global, int count) {
  constexpr int chunk = chunk_bytes / sizeof(T);
  const int phase = run_phase(global), whole = (phase + count) / chunk, threads = static_cast<int>(blockDim.x);
  const T* from = global - phase;
  T* to = reinterpret_cast<T*>(shared);
  for (int i = static_cast<int>(threadIdx.x); i < whole; i += threads)
    copy_async<chunk_bytes>(to + i * chunk, from + i * chunk);
  for (int i = whole * chunk + static_cast<int>(threadIdx.x); i < phase + count; i += threads)
    copy_async<sizeof(T)>(to + i, from + i);
}

/// Writes a run from shared memory. Called by all threads of the block.
template <class T>
__device__ __forceinline__ void store_run(const unsigned char* shared, T* global, int count) {
  constexpr int chunk = chunk_bytes / sizeof(T);
  const int phase = run_phase(global), threads = static_cast<int>(blockDim.x), thread = static_cast<int>(threadIdx.x);
  const int first = (phase + chunk - 1) / chunk, last = (phase + count) / chunk;  // complete chunks
  const T* from = reinterpret_cast<const T*>(shared);
  T* to = global - phase;
  for (int i = first + thread; i < last; i += threads) store(to + i * chunk, load<chunk>(from + i * chunk));
  const int head_end = first * chunk < phase + count ? first * chunk : phase + count;
  for (int i = phase + thread; i < head_end; i += threads) to[i] = from[i];
  const int tail = last > first ? last * chunk : head_end;
  for (int i = tail + thread; i < phase + count; i += threads) to[i] = from[i];
}

/// Ring buffer of the latest image rows of a strip, with reflected margins of P = (K - 1) / 2 pixels. A row has
/// (columns + K - 1) pixels. Row r is in slot r % slots; row 0 is P rows above the strip.
template <class T, int slots>
struct ImageRing {
  T* memory;
  int row_size;  // row stride in numbers, a multiple of a chunk

  __device__ T* row(int r) const { return memory + r % slots * row_size; }
};

template <class T>
PREMIX_HD constexpr int ring_row_size(int columns, int kernel, int image_bands) {
  constexpr int chunk = chunk_bytes / static_cast<int>(sizeof(T));
  return static_cast<int>(ceil_div((columns + kernel - 1) * image_bands, chunk)) * chunk;
}

/// Starts copying one row of the image to the ring. y: row of the image; may exceed the image by the margin.
template <int K, int lanes, class T, int slots>
__device__ __forceinline__ void copy_image_row(const ImageRing<T, slots>& ring, int r, const StripLayout& layout,
                                               const Strip& strip, const T* image, int image_bands, std::int64_t y) {
  constexpr int margin = (K - 1) / 2;
  constexpr bool packs = sizeof(T) * lanes == 8 || sizeof(T) * lanes == 16;
  const int unit = packs && image_bands % lanes == 0 ? lanes : 1, units = image_bands / unit;
  const T* from = image + strip.place(layout, kernels::reflected(y, layout.height), 0) * image_bands;
  T* to = ring.row(r);
  for (int i = static_cast<int>(threadIdx.x); i < (strip.pixels + 2 * margin) * units;
       i += static_cast<int>(blockDim.x)) {
    const int pixel = i / units, place = pixel * image_bands + i % units * unit;
    const std::int64_t column = kernels::reflected(strip.left + pixel - margin, layout.width);
    const T* source = from + column * image_bands + i % units * unit;
    if (packs && unit == lanes)
      copy_async<packs ? sizeof(T) * lanes : sizeof(T)>(to + place, source);
    else
      copy_async<sizeof(T)>(to + place, source);
  }
}

}  // namespace premix
