#pragma once

#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// Weighted Brovey transform: each band times PAN / weighted sum of the bands. up_ms (1, H, W, B): the MS on the PAN
/// grid; pan (1, H, W, 1); weights (B): share of each band in the PAN -> (1, H, W, B). Pixels without a positive
/// weighted sum are unchanged.
Tensor<float> brovey(const Tensor<float>& up_ms, const Tensor<float>& pan, const std::vector<double>& weights);

}  // namespace premix
