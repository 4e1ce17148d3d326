#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"
#include "premix/kernels/ewfm.hpp"

// GPU kernels of the network in bfloat16, used by PreMixInference. Features are bf16_t; sums, images and predicted
// filters are float. One call processes both streams, ms and pan. The CPU equivalent uses rows of Winograd tiles
// (src/cpu/winograd.hpp).
//
// Convolutions are 3 x 3 with zero padding 1 and stride 1, from C to O channels, both multiples of 16. Weight layouts:
// kernels/inference_weights.hpp.

namespace premix::kernels {

/// Sizes of maps (N, H, W, ...).
struct MapSizes {
  std::int64_t images = 0, height = 0, width = 0;
};

/// Features (N, H ratio, W ratio, O), read at every ratio-th pixel along both axes; or none.
struct SampledFeatures {
  const bf16_t* map = nullptr;
  std::int64_t ratio = 1;
};

/// y = relu(conv(every ratio-th pixel of image) + bias).
struct ImageConv {
  const float* image = nullptr;  // (N, H ratio, W ratio, B)
  std::int64_t bands = 0;
  const float* weight = nullptr;  // (3, 3, B, O), float like the image
  const float* bias = nullptr;    // (O)
  bf16_t* y = nullptr;            // (N, H, W, O)
};
struct ImageConvArgs {
  ImageConv streams[2] = {};
  MapSizes sizes = {};                   // of y
  std::int64_t ratio = 1, features = 0;  // O
};
void image_conv(Cuda, const ImageConvArgs&);

/// y = conv(x + x_add) + bias + add + last, then relu if relu is set. y must not alias any input.
struct FeatureConv {
  const bf16_t *x = nullptr, *x_add = nullptr;  // (N, H, W, C), x_add or null
  const bf16_t* weight = nullptr;               // pack_conv
  const float* bias = nullptr;                  // (O) or null
  const bf16_t* add = nullptr;                  // (N, H, W, O) or null
  SampledFeatures last = {};
  bf16_t* y = nullptr;  // (N, H, W, O)
};
struct FeatureConvArgs {
  FeatureConv streams[2] = {};
  int stream_count = 2;
  MapSizes sizes = {};
  std::int64_t channels = 0, features = 0;  // C and O
  bool relu = false;
};
void feature_conv(Cuda, const FeatureConvArgs&);

/// Mixes both streams, in place, by the mask of the logits conv(x) + ms + pan. Then adds the features of the previous
/// sub-model.
struct FeatureMixArgs {
  const bf16_t* x = nullptr;             // (N, H, W, C)
  const bf16_t* weight = nullptr;        // pack_conv
  bf16_t *ms = nullptr, *pan = nullptr;  // (N, H, W, O)
  SampledFeatures last_ms = {}, last_pan = {};
  MapSizes sizes = {};
  std::int64_t channels = 0, features = 0;
  Activation activation = Activation::tanh_relu;
  MaskKind kind = MaskKind::soft;
  float beta = 0;  // for hard and trainable masks
};
void feature_mix(Cuda, const FeatureMixArgs&);

/// Transposed convolution of premix/ops/conv_transpose2d.hpp, with C = O channels.
struct FeatureDoubling {
  const bf16_t* x = nullptr;       // (N, H, W, C)
  const bf16_t* weight = nullptr;  // pack_doubling
  const float* bias = nullptr;     // (C)
  bf16_t* y = nullptr;             // (N, 2 H, 2 W, C)
};
struct FeatureDoublingArgs {
  FeatureDoubling streams[2] = {};
  MapSizes sizes = {};  // of x
  std::int64_t features = 0;
};
void feature_doubling(Cuda, const FeatureDoublingArgs&);

/// Filters predicted by a convolution from features, and the image they apply to. The image is reflected at its border.
struct PredictedFilters {
  const bf16_t* features = nullptr;  // (N, H, W, C)
  const bf16_t* weight = nullptr;    // pack_filter
  const float* bias = nullptr;       // pack_filter_bias
  const float* image = nullptr;      // ms (N, H, W, B), pan (N, H, W, 1)
};
/// y = ms filtered band by band, + pan filtered for each band, + add. The filters stay in registers.
struct FeatureFilterArgs {
  PredictedFilters ms = {}, pan = {};
  const float* add = nullptr;  // like y, or null
  float* y = nullptr;          // (N, H, W, B), B from 1 to 8; must not alias an image or add
  MapSizes sizes = {};
  std::int64_t channels = 0, bands = 0;
};
void feature_filter(Cuda, const FeatureFilterArgs&);

}  // namespace premix::kernels
