#include "kernels/inference.hpp"

#include "cuda/inference/feature_tile.cuh"
#include "kernels/ewfm_dispatch.hpp"

namespace premix::kernels {
namespace {

// Per pixel: 18 C O FLOPs, 2 C + 8 O bytes, and 4 O bytes for added features. Logits and mask stay in registers.
template <int tiles, Activation activation, MaskKind kind>
__global__ __launch_bounds__(SquareTraits::threads,
                             3) void feature_mix_kernel(const __grid_constant__ FeatureMixArgs args) {
  const Square square(args.sizes);
  const PixelTile<1, 1> tile{reinterpret_cast<bf16_t*>(dynamic_shared_memory()), static_cast<int>(args.channels)};
  tile.copy(square, args.x);
  wait_for_tile();
  WarpSums<tiles> sums = {};
  multiply_taps<3, 3, tiles>(sums, tile, 0, 0, weights_of_group<tiles>(args.weight, blockIdx.y, args.channels));

  constexpr int n = 2 * tiles;
  const std::int64_t feature = first_feature<tiles>(blockIdx.y);
  for_each_pixel<tiles>(square, sums, [&](std::int64_t y, std::int64_t x, const Pack<float, n>& logits) {
    const std::int64_t at = square.place(y, x) * args.features + feature;
    auto ms = features_at<n>(args.ms + at), pan = features_at<n>(args.pan + at);
#pragma unroll
    for (int i = 0; i < n; ++i) {
      const float mask = ewfm_mask<activation, kind>(logits.v[i] + (ms.v[i] + pan.v[i]), args.beta).mask;
      const MsPan<float> mixed = ewfm_mix(ms.v[i], pan.v[i], mask);
      ms.v[i] = mixed.ms;
      pan.v[i] = mixed.pan;
    }
    add_sampled(ms, args.last_ms, square, y, x, args.features, feature);
    add_sampled(pan, args.last_pan, square, y, x, args.features, feature);
    store_features(args.ms + at, ms);
    store_features(args.pan + at, pan);
  });
}

}  // namespace

void feature_mix(Cuda device, const FeatureMixArgs& args) {
  with_mask(args.activation, args.kind, [&]<Activation activation, MaskKind kind>() {
    with_feature_tiles(args.features, [&]<int tiles>(std::int64_t groups) {
      launch(device, feature_mix_kernel<tiles, activation, kind>,
             square_launch(args.sizes, groups, 1, PixelTile<1, 1>::bytes(args.channels)), args);
    });
  });
}

}  // namespace premix::kernels
