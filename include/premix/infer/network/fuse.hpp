#pragma once

#include <functional>

#include "premix/core/tensor.hpp"
#include "premix/infer/network/premix_inference.hpp"

namespace premix {

/// Called with the finished share of the work, up to 1.
using Progress = std::function<void(double done)>;

struct FuseOptions {
  Progress progress = {};
  Precision precision = Precision::float32;
};

/// Fuses an image of at least 7 x 7 pixels, whole in memory: about 0.5 GB per million pixels with 32 feature channels
/// and 4 bands (PreMixInference). up_ms (1, H, W, B): the MS on the PAN grid; pan (1, H, W, 1); both in about [0, 1]
/// -> (1, H, W, B), unclipped. Pads the images by reflection, below and to the right, to sides that are multiples of 4
/// and at least 12, and crops the result. Throws if the shapes do not match or a value is NaN.
Tensor<float> fuse(const PreMix<float>& model, const Tensor<float>& up_ms, const Tensor<float>& pan,
                   const FuseOptions& options = {});

}  // namespace premix
