#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// A fused image averaged over the areas of MS pixels.
struct MsAverage {
  Tensor<float> image;  // (1, part.height, part.width, B), or empty
  Window part;          // of the MS image: the pixels that lie wholly on the fused image
};

/// Mean of a fused image (1, H, W, B) over the area of each MS pixel, fractions of pixels counted. The MS has height x
/// width pixels. Empty if the fused image holds no whole MS pixel.
MsAverage average_on_ms_grid(const Tensor<float>& fused, const GridMap& map, std::int64_t height, std::int64_t width);

}  // namespace premix
