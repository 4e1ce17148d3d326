#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Structural similarity (Wang et al. 2004), at most 1: Gaussian windows of 11 x 11 pixels, sigma 1.5, wholly inside
/// the image, data range 1, k1 0.01, k2 0.03, both images clipped to [0, 1]; the mean over windows, bands and images.
/// prediction, truth (N, H, W, C). NaN where H or W is 10 or less: no window fits. As torchmetrics 1.3.2
/// (structural_similarity_index_measure).
template <Real T>
double ssim(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
