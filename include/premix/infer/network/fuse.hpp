#pragma once

#include <functional>

#include "premix/core/tensor.hpp"
#include "premix/infer/network/premix_inference.hpp"

namespace premix {

/// Called with the share of the work that is done, up to 1.
using Progress = std::function<void(double done)>;

struct FuseOptions {
  Progress progress = {};
  Precision precision = Precision::float32;
};

/// Fuses an image of any size from 7 x 7 on, whole in memory: about 0.5 GB for a million pixels with 32 feature
/// channels and 4 bands (PreMixInference). up_ms (1, H, W, B): the MS on the PAN's grid; pan (1, H, W, 1); both in
/// about [0, 1] -> (1, H, W, B), unclipped. The network wants sides that are multiples of 4 and at least 12: the images
/// are continued below and to the right by reflection, and the result is cropped. Throws where the shapes do not fit or
/// a value is not a number.
Tensor<float> fuse(const PreMix<float>& model, const Tensor<float>& up_ms, const Tensor<float>& pan,
                   const FuseOptions& options = {});

}  // namespace premix
