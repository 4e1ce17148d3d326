#pragma once

#include "premix/core/tensor.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// Back-projects a fused image (1, H, W, B) onto its MS image (1, h, w, B) (Irani and Peleg, 1991). Each round averages
/// the fused image over MS pixels, subtracts the average from the MS, interpolates the difference to the PAN grid by
/// bicubic_sample(), and adds it. This removes the bias of a network on images unlike its training data; one round
/// leaves little of it. Detail within MS pixels is kept.
Tensor<float> back_projected(const Tensor<float>& fused, const Tensor<float>& ms, const GridMap& map, int rounds);

}  // namespace premix
