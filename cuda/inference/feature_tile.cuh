#pragma once

#include "cuda/inference/mma.cuh"
#include "cuda/runtime/pack.cuh"
#include "kernels/inference.hpp"
#include "kernels/inference_weights.hpp"

// Shared by the convolutions on tensor cores. A block computes a square of results for one group of output channels.
// Its input pixels, including the halo, are in shared memory with all channels. A warp computes some rows of the
// square. Matrix a of mma.cuh is one row of 16 pixels by 16 channels.
//
// The operand loads are the bound. At full rate a multiprocessor issues one product per cycle, while shared memory and
// the L1 cache deliver 128 bytes per cycle. Row fragments are therefore loaded once for all taps of a column, and a
// weight fragment is used for all rows of the warp. Four rows and four tiles need 6 and 12 loads of 128 bytes for 48
// products. Weights come through the L1 cache: all warps read them in the same order. This leaves shared memory to
// pixels, so several blocks are resident.

namespace premix::kernels {

struct SquareTraits {
  static constexpr int side = 16, warps = 4, threads = 32 * warps;
  static constexpr int rows = side / warps;  // per warp
  static_assert(side == 16, "the rows of an a");
};

/// Sums of a warp, for each of its rows and tiles of 8 columns.
template <int tiles>
using WarpSums = Sums[SquareTraits::rows][tiles];

/// Square of results of a block, in maps (N, H, W, ...).
struct Square {
  MapSizes sizes;
  std::int64_t image, top, left;

  __device__ explicit Square(const MapSizes& maps) : sizes(maps) {
    const std::int64_t across = ceil_div(maps.width, SquareTraits::side),
                       down = ceil_div(maps.height, SquareTraits::side);
    left = blockIdx.x % across * SquareTraits::side;
    top = blockIdx.x / across % down * SquareTraits::side;
    image = blockIdx.x / across / down;
  }
  static std::int64_t count(const MapSizes& maps) {
    return maps.images * ceil_div(maps.height, SquareTraits::side) * ceil_div(maps.width, SquareTraits::side);
  }

  __device__ bool inside(std::int64_t y, std::int64_t x) const {
    return y >= 0 && y < sizes.height && x >= 0 && x < sizes.width;
  }
  /// Index of a pixel in the maps.
  __device__ std::int64_t place(std::int64_t y, std::int64_t x) const {
    return (image * sizes.height + y) * sizes.width + x;
  }
  /// Index of the pixel (y * ratio, x * ratio) in maps larger by the ratio.
  __device__ std::int64_t place(std::int64_t y, std::int64_t x, std::int64_t ratio) const {
    return ((image * sizes.height + y) * ratio * sizes.width + x) * ratio;
  }
};

__device__ __forceinline__ int lane_of_thread() { return static_cast<int>(threadIdx.x) % 32; }
__device__ __forceinline__ int warp_of_thread() { return static_cast<int>(threadIdx.x) / 32; }

/// Pixels of a square and its halo in shared memory. before, after: halo along both axes. The pixel stride is an odd
/// number of 16-byte chunks, so eight neighbours are in different banks.
template <int before, int after>
struct PixelTile {
  static constexpr int side = SquareTraits::side + before + after, chunk = 8;  // channels
  bf16_t* memory;
  int channels;

  PREMIX_HD static constexpr std::size_t bytes(std::int64_t channels) {
    return sizeof(bf16_t) * side * side * (static_cast<std::size_t>(channels) + chunk);
  }
  __device__ int pixel_size() const { return channels + chunk; }

  /// Starts copying x (N, H, W, channels), or x + x_add if x_add is given. Pixels outside the maps are 0.
  __device__ __forceinline__ void copy(const Square& square, const bf16_t* x, const bf16_t* x_add = nullptr) const {
    const int chunks = channels / chunk;
    for (int i = static_cast<int>(threadIdx.x); i < side * side * chunks; i += SquareTraits::threads) {
      const int pixel = i / chunks, channel = i % chunks * chunk;
      const std::int64_t row = square.top + pixel / side - before, column = square.left + pixel % side - before;
      bf16_t* to = memory + pixel * pixel_size() + channel;
      const std::int64_t from = square.place(row, column) * channels + channel;
      if (!square.inside(row, column)) {
        store(to, Pack<bf16_t, chunk>{});
      } else if (x_add == nullptr) {
        copy_async<16>(to, x + from);
      } else {
        auto sum = load<chunk>(x + from);
        const auto other = load<chunk>(x_add + from);
#pragma unroll
        for (int j = 0; j < chunk; ++j) sum.v[j] = narrowed<bf16_t>(widened(sum.v[j]) + widened(other.v[j]));
        store(to, sum);
      }
    }
  }

  /// Address for load_fragment() on this lane. Matrix a starts at (row, column) of the tile, channel 0.
  __device__ const bf16_t* half_row(int row, int column) const {
    const int lane = lane_of_thread();
    return memory + (row * side + column + lane % 16) * pixel_size() + lane / 16 * chunk;
  }
};

/// Waits for the copies of all threads of the block.
__device__ __forceinline__ void wait_for_tile() {
  end_copies();
  wait_copies<0>();
  __syncthreads();
}

/// First weight fragment of a group for this lane.
template <int tiles>
__device__ __forceinline__ const FragmentB* weights_of_group(const bf16_t* weight, std::int64_t group,
                                                             std::int64_t channels) {
  constexpr int taps = 9;
  return reinterpret_cast<const FragmentB*>(weight) + group * taps * (channels / 16) * tiles * 32 + lane_of_thread();
}

/// Adds the products of (tap_rows, tap_columns) taps to sums. The first tap of the square's first result is at pixel
/// (first_row, first_column) of the tile. Returns the next weights.
template <int tap_rows, int tap_columns, int tiles, class Tile>
__device__ __forceinline__ const FragmentB* multiply_taps(WarpSums<tiles>& sums, const Tile& tile, int first_row,
                                                          int first_column, const FragmentB* weight) {
  constexpr int rows = SquareTraits::rows;
  const bf16_t* const first = tile.half_row(first_row + warp_of_thread() * rows, first_column);
  const int row_size = Tile::side * tile.pixel_size();
#pragma unroll 1
  for (int dx = 0; dx < tap_columns; ++dx)
#pragma unroll 1
    for (int channel = 0; channel < tile.channels; channel += 16) {
      const bf16_t* from = first + dx * tile.pixel_size() + channel;
      FragmentA a[rows + tap_rows - 1];
#pragma unroll
      for (int row = 0; row < rows + tap_rows - 1; ++row) a[row] = load_fragment(from + row * row_size);
#pragma unroll
      for (int dy = 0; dy < tap_rows; ++dy)
#pragma unroll
        for (int t = 0; t < tiles; ++t, weight += 32) {
          const FragmentB b = *weight;
#pragma unroll
          for (int row = 0; row < rows; ++row) multiply_add(sums[row][t], a[row + dy], b);
        }
    }
  return weight;
}

/// First of the 2 * tiles adjacent channels of this lane in a group (feature_of_column).
template <int tiles>
__device__ __forceinline__ std::int64_t first_feature(std::int64_t group) {
  return (group * 4 + lane_of_thread() % 4) * 2 * tiles;
}

/// Calls fn(y, x, values) for each pixel of this lane inside the maps. values: 2 * tiles channels.
template <int tiles, class Fn>
__device__ __forceinline__ void for_each_pixel(const Square& square, const WarpSums<tiles>& sums, const Fn& fn) {
#pragma unroll
  for (int row = 0; row < SquareTraits::rows; ++row)
#pragma unroll
    for (int lower = 0; lower < 2; ++lower) {
      const std::int64_t y = square.top + warp_of_thread() * SquareTraits::rows + row;
      const std::int64_t x = square.left + lane_of_thread() / 4 + 8 * lower;
      if (!square.inside(y, x)) continue;
      Pack<float, 2 * tiles> values;
#pragma unroll
      for (int i = 0; i < 2 * tiles; ++i) values.v[i] = sums[row][i / 2].v[2 * lower + i % 2];
      fn(y, x, values);
    }
}

/// Loads n numbers as floats. from: aligned to n numbers.
template <int n>
__device__ __forceinline__ Pack<float, n> features_at(const bf16_t* from) {
  const auto narrow = load<n>(from);
  Pack<float, n> wide;
#pragma unroll
  for (int i = 0; i < n; ++i) wide.v[i] = widened(narrow.v[i]);
  return wide;
}

template <int n>
__device__ __forceinline__ void store_features(bf16_t* to, const Pack<float, n>& wide) {
  Pack<bf16_t, n> narrow;
#pragma unroll
  for (int i = 0; i < n; ++i) narrow.v[i] = narrowed<bf16_t>(wide.v[i]);
  store(to, narrow);
}

template <int n>
__device__ __forceinline__ void add_to(Pack<float, n>& values, const Pack<float, n>& more) {
#pragma unroll
  for (int i = 0; i < n; ++i) values.v[i] += more.v[i];
}

/// Adds the features of the previous sub-model at this pixel, if there is one.
template <int n>
__device__ __forceinline__ void add_sampled(Pack<float, n>& values, const SampledFeatures& last, const Square& square,
                                            std::int64_t y, std::int64_t x, std::int64_t features,
                                            std::int64_t feature) {
  if (last.map != nullptr)
    add_to(values, features_at<n>(last.map + square.place(y, x, last.ratio) * features + feature));
}

/// Launch size: squares x groups of 8 * tiles channels x streams.
inline LaunchSize square_launch(const MapSizes& maps, std::int64_t groups, int streams, std::size_t shared_bytes) {
  return {
      dim3(static_cast<unsigned>(Square::count(maps)), static_cast<unsigned>(groups), static_cast<unsigned>(streams)),
      SquareTraits::threads, shared_bytes};
}

/// Calls fn.template operator()<tiles>(groups) for a number of output features.
template <class Fn>
void with_feature_tiles(std::int64_t features, const Fn& fn) {
  if (feature_tiles(features) == 4)
    fn.template operator()<4>(features / 32);
  else
    fn.template operator()<2>(features / 16);
}

}  // namespace premix::kernels
