#pragma once

#include <cstdint>

#include "premix/image/bicubic.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// Samples the MS image (1, h, w, B) at the centres of height x width PAN pixels -> (1, height, width, B):
/// bicubic_sample(), unclipped.
inline Tensor<float> ms_on_pan_grid(const Tensor<float>& ms, const GridMap& map, std::int64_t height,
                                    std::int64_t width) {
  return bicubic_sample(ms, height, width, map.rows, map.columns);
}

}  // namespace premix
