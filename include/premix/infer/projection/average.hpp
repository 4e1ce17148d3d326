#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// A fused image averaged over MS pixel areas.
struct MsAverage {
  Tensor<float> image;  // (1, part.height, part.width, B), or empty
  Window part;          // of the MS image: pixels entirely on the fused image
};

/// Averages a fused image (1, H, W, B) over the area of each MS pixel; PAN pixels partly on the area are weighted by
/// their fraction. The MS has height x width pixels. Empty if no MS pixel is entirely on the fused image.
MsAverage average_on_ms_grid(const Tensor<float>& fused, const GridMap& map, std::int64_t height, std::int64_t width);

}  // namespace premix
