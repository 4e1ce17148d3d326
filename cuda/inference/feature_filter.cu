#include "kernels/inference.hpp"

#include "cuda/inference/feature_tile.cuh"
#include "cuda/ops/reduce.cuh"
#include "kernels/reflected.hpp"
#include "premix/kernels/math.hpp"

namespace premix::kernels {
namespace {

using FilterTile = PixelTile<1, 1>;

template <int bands>
struct FilterTraits {
  static constexpr FilterColumns columns{bands};
  static constexpr int tiles = columns.tiles, groups = columns.groups;
  static_assert(columns.padded == bands);
};

// Images of a square and its halo, in shared memory after the features. Bands are padded with zeros.
template <int bands>
struct ImageTiles {
  static constexpr int side = FilterTile::side, pixels = side * side;
  float *ms, *pan;  // (side, side, bands) and (side, side)

  PREMIX_HD static constexpr std::size_t bytes() { return sizeof(float) * pixels * (bands + 1); }
  __device__ explicit ImageTiles(unsigned char* memory)
      : ms(reinterpret_cast<float*>(memory)), pan(ms + pixels * bands) {}

  __device__ void fill(const Square& square, const FeatureFilterArgs& args) const {
    for (int i = static_cast<int>(threadIdx.x); i < pixels * bands; i += SquareTraits::threads)
      ms[i] = value(square, args.ms.image, i / bands, i % bands, static_cast<int>(args.bands));
    for (int i = static_cast<int>(threadIdx.x); i < pixels; i += SquareTraits::threads)
      pan[i] = value(square, args.pan.image, i, 0, 1);
  }

 private:
  // Results read at most one pixel beyond the image. Pixels further out are unused and set to 0.
  static __device__ float value(const Square& square, const float* image, int pixel, int band, int image_bands) {
    const std::int64_t y = square.top + pixel / side - 1, x = square.left + pixel % side - 1;
    if (y > square.sizes.height || x > square.sizes.width || band >= image_bands) return 0;
    return image[square.place(reflected(y, square.sizes.height), reflected(x, square.sizes.width)) * image_bands +
                 band];
  }
};

// Sums of a lane: two columns for each row of its warp and each of its two pixels there.
using FilteredSums = Pack<float, 2>[SquareTraits::rows][2];

// Applies the filters of one group and adds the result to sums. one_band: use the panchromatic image.
template <int bands, bool one_band, int tiles>
__device__ __forceinline__ void apply(FilteredSums& sums, const WarpSums<tiles>& filters,
                                      const ImageTiles<bands>& images, int group) {
  const int lane = lane_of_thread(), q = lane % 4;
  const int first = warp_of_thread() * SquareTraits::rows * FilterTile::side + lane / 4;
#pragma unroll
  for (int t = 0; t < tiles; ++t) {
    const int column = (group * tiles + t) * 8 + 2 * q, band = column % bands;
    const auto tap_place = [](int tap) {  // filters of taps 9 and above are padding, and 0
      const int known = tap < 9 ? tap : 0;
      return known / 3 * FilterTile::side + known % 3;
    };
    const int before = tap_place(column / bands), after = bands == 1 ? tap_place(column + 1) : before;
#pragma unroll
    for (int row = 0; row < SquareTraits::rows; ++row)
#pragma unroll
      for (int lower = 0; lower < 2; ++lower) {
        const int pixel = first + row * FilterTile::side + 8 * lower;
        Pack<float, 2> image;
        if constexpr (one_band || bands == 1) {
          const float* from = one_band ? images.pan : images.ms;
          image = {from[pixel + before], from[pixel + after]};
        } else {
          image = load<2>(images.ms + (pixel + before) * bands + band);
        }
#pragma unroll
        for (int i = 0; i < 2; ++i)
          sums[row][lower].v[i] = mul_add(filters[row][t].v[2 * lower + i], image.v[i], sums[row][lower].v[i]);
      }
  }
}

// Predicts the filters of one source from the tile and applies them, one group of columns at a time.
template <int bands, bool one_band>
__device__ __forceinline__ void filter(FilteredSums& sums, const PredictedFilters& source, const FilterTile& tile,
                                       const ImageTiles<bands>& images) {
  constexpr int tiles = FilterTraits<bands>::tiles;
#pragma unroll 1
  for (int group = 0; group < FilterTraits<bands>::groups; ++group) {
    WarpSums<tiles> filters;
#pragma unroll
    for (int t = 0; t < tiles; ++t) {
      const auto bias = load<2>(source.bias + (group * tiles + t) * 8 + lane_of_thread() % 4 * 2);
#pragma unroll
      for (int row = 0; row < SquareTraits::rows; ++row) filters[row][t] = {bias.v[0], bias.v[1], bias.v[0], bias.v[1]};
    }
    multiply_taps<3, 3, tiles>(filters, tile, 0, 0, weights_of_group<tiles>(source.weight, group, tile.channels));
    apply<bands, one_band, tiles>(sums, filters, images, group);
  }
}

// Bound by the tensor cores. FLOPs per pixel: 324 C B for the filters of both sources, 36 B to apply them. Bytes per
// pixel: 4 C + 8 B + 4. C = 32 and B = 4 give 41 KFLOP and 164 bytes. The filter weights, 18 B per pixel, stay in
// registers. Each of the four lanes of a pixel applies its own columns. Padded bands are computed and dropped.
template <int bands>
__global__ __launch_bounds__(SquareTraits::threads,
                             3) void feature_filter_kernel(const __grid_constant__ FeatureFilterArgs args) {
  const Square square(args.sizes);
  unsigned char* const memory = dynamic_shared_memory();
  const FilterTile tile{reinterpret_cast<bf16_t*>(memory), static_cast<int>(args.channels)};
  const ImageTiles<bands> images(memory + FilterTile::bytes(args.channels));
  tile.copy(square, args.ms.features);
  images.fill(square, args);
  wait_for_tile();
  FilteredSums sums = {};
  filter<bands, false>(sums, args.ms, tile, images);
  __syncthreads();  // the tile is overwritten next
  tile.copy(square, args.pan.features);
  wait_for_tile();
  filter<bands, true>(sums, args.pan, tile, images);

  const int lane = lane_of_thread();
#pragma unroll
  for (int row = 0; row < SquareTraits::rows; ++row)
#pragma unroll
    for (int lower = 0; lower < 2; ++lower) {
      float* sum = sums[row][lower].v;
      if constexpr (bands == 1) sum[0] += sum[1];
#pragma unroll
      for (int i = 0; i < 2; ++i) {  // adds the lanes with the same bands
        if constexpr (bands <= 2) sum[i] += __shfl_xor_sync(whole_warp, sum[i], 1);
        if constexpr (bands <= 4) sum[i] += __shfl_xor_sync(whole_warp, sum[i], 2);
      }
      const std::int64_t y = square.top + warp_of_thread() * SquareTraits::rows + row,
                         x = square.left + lane / 4 + 8 * lower;
      if (!square.inside(y, x)) continue;
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int band = lane % 4 * 2 + i;
        if (band >= args.bands) continue;
        const std::int64_t at = square.place(y, x) * args.bands + band;
        args.y[at] = args.add == nullptr ? sum[i] : sum[i] + args.add[at];
      }
    }
}

}  // namespace

void feature_filter(Cuda device, const FeatureFilterArgs& args) {
  const auto run = [&]<int bands>() {
    launch(device, feature_filter_kernel<bands>,
           square_launch(args.sizes, 1, 1, FilterTile::bytes(args.channels) + ImageTiles<bands>::bytes()), args);
  };
  switch (FilterColumns(args.bands).padded) {
    case 1:
      return run.template operator()<1>();
    case 2:
      return run.template operator()<2>();
    case 4:
      return run.template operator()<4>();
    default:
      return run.template operator()<8>();
  }
}

}  // namespace premix::kernels
