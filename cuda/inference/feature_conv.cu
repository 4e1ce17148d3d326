#include "kernels/inference.hpp"

#include "cuda/inference/feature_tile.cuh"
#include "premix/kernels/elementwise.hpp"
#include "premix/kernels/math.hpp"

namespace premix::kernels {
namespace {

// Bound by tensor cores and memory about equally. Per pixel: 18 C O FLOPs, and 2 (C + O) bytes plus added features. 32
// to 32 channels take 18 KFLOP and 128 bytes.
template <int tiles>
__global__ __launch_bounds__(SquareTraits::threads) void feature_conv_kernel(
    const __grid_constant__ FeatureConvArgs args) {
  const FeatureConv& stream = args.streams[blockIdx.z];
  const Square square(args.sizes);
  const PixelTile<1, 1> tile{reinterpret_cast<bf16_t*>(dynamic_shared_memory()), static_cast<int>(args.channels)};
  tile.copy(square, stream.x, stream.x_add);
  wait_for_tile();
  WarpSums<tiles> sums = {};
  multiply_taps<3, 3, tiles>(sums, tile, 0, 0, weights_of_group<tiles>(stream.weight, blockIdx.y, args.channels));

  constexpr int n = 2 * tiles;
  const std::int64_t feature = first_feature<tiles>(blockIdx.y);
  Pack<float, n> bias = {};
  if (stream.bias != nullptr) bias = load<n>(stream.bias + feature);
  for_each_pixel<tiles>(square, sums, [&](std::int64_t y, std::int64_t x, Pack<float, n>& values) {
    const std::int64_t at = square.place(y, x) * args.features + feature;
    add_to(values, bias);
    if (stream.add != nullptr) add_to(values, features_at<n>(stream.add + at));
    add_sampled(values, stream.last, square, y, x, args.features, feature);
    if (args.relu) {
#pragma unroll
      for (float& value : values.v) value = relu_of(value);
    }
    store_features(stream.y + at, values);
  });
}

// Per pixel of x: 18 C^2 FLOPs and 10 C bytes. A block computes the four results of each pixel in order, from one tile.
template <int tiles>
__global__ __launch_bounds__(SquareTraits::threads) void feature_doubling_kernel(
    const __grid_constant__ FeatureDoublingArgs args) {
  const FeatureDoubling& stream = args.streams[blockIdx.z];
  const Square square(args.sizes);
  const PixelTile<0, 1> tile{reinterpret_cast<bf16_t*>(dynamic_shared_memory()), static_cast<int>(args.features)};
  tile.copy(square, stream.x);
  wait_for_tile();

  constexpr int n = 2 * tiles;
  const std::int64_t feature = first_feature<tiles>(blockIdx.y);
  const auto bias = load<n>(stream.bias + feature);
  const FragmentB* weight = weights_of_group<tiles>(stream.weight, blockIdx.y, args.features);
  const auto make = [&]<int odd_row, int odd_column>() {
    WarpSums<tiles> sums = {};
    weight = multiply_taps<1 + odd_row, 1 + odd_column, tiles>(sums, tile, 0, 0, weight);
    for_each_pixel<tiles>(square, sums, [&](std::int64_t y, std::int64_t x, Pack<float, n>& values) {
      add_to(values, bias);
      const std::int64_t place = square.place(y, x, 2) + odd_row * 2 * args.sizes.width + odd_column;
      store_features(stream.y + place * args.features + feature, values);
    });
  };
  make.template operator()<0, 0>();
  make.template operator()<0, 1>();
  make.template operator()<1, 0>();
  make.template operator()<1, 1>();
}

struct ImageConvTraits {
  static constexpr int pixels = 4, features = 8;  // per thread
};

// Bound by the multiply-adds. Per pixel: 18 B O FLOPs in float, 4 B bytes read and 2 O written. A thread computes 8
// channels of 4 adjacent pixels in a row. Each loaded weight is used for four pixels, each image value for three
// columns of taps and eight channels.
__global__ void image_conv_kernel(const __grid_constant__ ImageConvArgs args) {
  constexpr int pixels = ImageConvTraits::pixels, features = ImageConvTraits::features;
  const ImageConv& stream = args.streams[blockIdx.y];
  const MapSizes& s = args.sizes;
  const std::int64_t groups = args.features / features, strips = ceil_div(s.width, pixels), i = global_thread();
  if (i >= s.images * s.height * strips * groups) return;
  const std::int64_t feature = i % groups * features, first = i / groups % strips * pixels, line = i / groups / strips;
  const std::int64_t top = line % s.height - 1, image = line / s.height;

  float sums[pixels][features] = {};
  for (std::int64_t dy = 0; dy < 3; ++dy) {
    if (top + dy < 0 || top + dy >= s.height) continue;
    const float* row = stream.image + (image * s.height + top + dy) * args.ratio * s.width * args.ratio * stream.bands;
    for (std::int64_t band = 0; band < stream.bands; ++band) {
      float values[pixels + 2];
#pragma unroll
      for (int p = 0; p < pixels + 2; ++p) {
        const std::int64_t x = first + p - 1;
        values[p] = x >= 0 && x < s.width ? row[x * args.ratio * stream.bands + band] : 0.0f;
      }
#pragma unroll
      for (int dx = 0; dx < 3; ++dx) {
        const auto weight =
            load<features>(stream.weight + ((dy * 3 + dx) * stream.bands + band) * args.features + feature);
#pragma unroll
        for (int p = 0; p < pixels; ++p)
#pragma unroll
          for (int c = 0; c < features; ++c) sums[p][c] = mul_add(values[p + dx], weight.v[c], sums[p][c]);
      }
    }
  }
  const auto bias = load<features>(stream.bias + feature);
#pragma unroll
  for (int p = 0; p < pixels; ++p) {
    if (first + p >= s.width) return;
    Pack<float, features> values;
#pragma unroll
    for (int c = 0; c < features; ++c) values.v[c] = relu_of(sums[p][c] + bias.v[c]);
    store_features(stream.y + (line * s.width + first + p) * args.features + feature, values);
  }
}

}  // namespace

void feature_conv(Cuda device, const FeatureConvArgs& args) {
  with_feature_tiles(args.features, [&]<int tiles>(std::int64_t groups) {
    launch(device, feature_conv_kernel<tiles>,
           square_launch(args.sizes, groups, args.stream_count, PixelTile<1, 1>::bytes(args.channels)), args);
  });
}

void feature_doubling(Cuda device, const FeatureDoublingArgs& args) {
  with_feature_tiles(args.features, [&]<int tiles>(std::int64_t groups) {
    launch(device, feature_doubling_kernel<tiles>,
           square_launch(args.sizes, groups, 2, PixelTile<0, 1>::bytes(args.features)), args);
  });
}

void image_conv(Cuda device, const ImageConvArgs& args) {
  const MapSizes& s = args.sizes;
  const std::int64_t threads =
      s.images * s.height * ceil_div(s.width, ImageConvTraits::pixels) * (args.features / ImageConvTraits::features);
  LaunchSize size = cover(threads);
  size.blocks.y = 2;
  launch(device, image_conv_kernel, size, args);
}

}  // namespace premix::kernels
