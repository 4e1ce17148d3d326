#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"
#include "premix/kernels/ewfm.hpp"

// The network on a GPU in bfloat16, as PreMixInference runs it: features are bf16_t, all sums, images and predicted
// filters float. Both streams, ms and pan, go through one call. On the CPU rows of Winograd tiles do the same
// (src/cpu/winograd.hpp).
//
// Convolutions are 3 x 3 with zero padding 1, stride 1, from C to O channels, both multiples of 16; weights are those
// of kernels/inference_weights.hpp.

namespace premix::kernels {

/// The sides of maps (N, H, W, ...).
struct MapSizes {
  std::int64_t images = 0, height = 0, width = 0;
};

/// Features (N, H ratio, W ratio, O), of which every ratio-th pixel each way is looked at; or none.
struct SampledFeatures {
  const bf16_t* map = nullptr;
  std::int64_t ratio = 1;
};

/// y = relu(conv(every ratio-th pixel of image) + bias).
struct ImageConv {
  const float* image = nullptr;  // (N, H ratio, W ratio, B)
  std::int64_t bands = 0;
  const float* weight = nullptr;  // (3, 3, B, O), float as the image is
  const float* bias = nullptr;    // (O)
  bf16_t* y = nullptr;            // (N, H, W, O)
};
struct ImageConvArgs {
  ImageConv streams[2] = {};
  MapSizes sizes = {};                   // of y
  std::int64_t ratio = 1, features = 0;  // O
};
void image_conv(Cuda, const ImageConvArgs&);

/// y = conv(x + x_add) + bias + add + last, and relu of that where relu is set. y is none of the others.
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

/// Mixes both streams, in place, by the mask of the logits conv(x) + ms + pan, and adds the features of the sub-model
/// before.
struct FeatureMixArgs {
  const bf16_t* x = nullptr;             // (N, H, W, C)
  const bf16_t* weight = nullptr;        // pack_conv
  bf16_t *ms = nullptr, *pan = nullptr;  // (N, H, W, O)
  SampledFeatures last_ms = {}, last_pan = {};
  MapSizes sizes = {};
  std::int64_t channels = 0, features = 0;
  Activation activation = Activation::tanh_relu;
  MaskKind kind = MaskKind::soft;
  float beta = 0;  // of hard and trainable masks
};
void feature_mix(Cuda, const FeatureMixArgs&);

/// The transposed convolution of premix/ops/conv_transpose2d.hpp, C = O channels.
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

/// Filters that a convolution predicts from features, with the image that they are for, reflected at its border.
struct PredictedFilters {
  const bf16_t* features = nullptr;  // (N, H, W, C)
  const bf16_t* weight = nullptr;    // pack_filter
  const float* bias = nullptr;       // pack_filter_bias
  const float* image = nullptr;      // ms (N, H, W, B), pan (N, H, W, 1)
};
/// y = the sum of ms filtered band by band, and pan filtered for each band, + add. The filters stay in registers.
struct FeatureFilterArgs {
  PredictedFilters ms = {}, pan = {};
  const float* add = nullptr;  // like y, or null
  float* y = nullptr;          // (N, H, W, B), B from 1 to 8; no image and not add
  MapSizes sizes = {};
  std::int64_t channels = 0, bands = 0;
};
void feature_filter(Cuda, const FeatureFilterArgs&);

}  // namespace premix::kernels
