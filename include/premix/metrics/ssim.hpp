#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Structural similarity (Wang et al. 2004), at most 1: Gaussian windows of 11 x 11 pixels, sigma 1.5, entirely inside
/// the image; data range 1, k1 0.01, k2 0.03; both images clipped to [0, 1]; averaged over windows, bands and images.
/// prediction, truth (N, H, W, C). NaN if H or W is 10 or less, because no window fits. Like torchmetrics 1.3.2
/// (structural_similarity_index_measure).
template <Real T>
double ssim(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
