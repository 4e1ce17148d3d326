#pragma once

#include <cstdint>
#include <functional>

#include "premix/core/tensor.hpp"
#include "premix/infer/grid.hpp"
#include "premix/infer/network/premix_inference.hpp"

namespace premix {

/// The MS image (1, h, w, B) at the centres of height x width PAN pixels -> (1, height, width, B): bicubic_sample(),
/// unclipped.
Tensor<float> ms_on_pan_grid(const Tensor<float>& ms, const GridMap& map, std::int64_t height, std::int64_t width);

/// Called with the share of the work that is done, up to 1.
using Progress = std::function<void(double done)>;

/// Fuses an image of any size from 7 x 7 on, whole in memory: about 0.5 GB for a million pixels with 32 feature
/// channels and 4 bands (PreMixInference). up_ms (1, H, W, B): the MS on the PAN's grid; pan (1, H, W, 1); both in
/// about [0, 1] -> (1, H, W, B), unclipped. The network wants sides that are multiples of 4 and at least 12: the images
/// are continued below and to the right by reflection, and the result is cropped. Throws where the shapes do not fit or
/// a value is not a number.
Tensor<float> fuse(const PreMix<float>& model, const Tensor<float>& up_ms, const Tensor<float>& pan,
                   const Progress& progress = {}, Precision precision = Precision::float32);

/// A PAN-sized image brought back to MS pixels.
struct MsAverage {
  Tensor<float> image;  // (1, part.height, part.width, B), or empty
  Window part;          // of the MS image: the pixels that lie wholly on the fused image
};

/// The mean of a fused image (1, H, W, B) over the area of each MS pixel, fractions of pixels counted; MS is height x
/// width pixels. Empty where the fused image holds no whole MS pixel.
MsAverage average_on_ms_grid(const Tensor<float>& fused, const GridMap& map, std::int64_t height, std::int64_t width);

}  // namespace premix
