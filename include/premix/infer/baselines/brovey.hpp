#pragma once

#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// The weighted Brovey transform, the usual baseline: every band times PAN / sum of the weighted bands.
/// up_ms (1, H, W, B): the MS on the PAN's grid; pan (1, H, W, 1); weights (B): the share of each band in the PAN ->
/// (1, H, W, B). Where the weighted sum is not positive the pixel stays as it is.
Tensor<float> brovey(const Tensor<float>& up_ms, const Tensor<float>& pan, const std::vector<double>& weights);

}  // namespace premix
