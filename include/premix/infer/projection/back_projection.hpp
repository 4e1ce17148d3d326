#pragma once

#include "premix/core/tensor.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// Pulls a fused image (1, H, W, B) towards the MS image (1, h, w, B) that it was made from: adds what the MS has more
/// than the fused image averaged over its pixels, brought to the PAN's grid by bicubic_sample(), as many times as
/// rounds says (Irani and Peleg, 1991). Takes the bias away that a network has on images unlike those it was trained
/// on; one round leaves little of it. Details within MS pixels stay.
Tensor<float> back_projected(const Tensor<float>& fused, const Tensor<float>& ms, const GridMap& map, int rounds);

}  // namespace premix
