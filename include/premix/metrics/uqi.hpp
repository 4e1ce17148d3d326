#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Universal image quality index (Wang and Bovik 2002), at most 1, in the windows of ssim(), averaged over windows,
/// bands and images. prediction, truth (N, H, W, C). NaN if H or W is 10 or less. Like torchmetrics 1.3.2
/// (universal_image_quality_index), which adds the machine epsilon of T to the denominator. In float the epsilon
/// dominates on dark or flat images: the same image gives 0.01 in float and 0.79 in double.
template <Real T>
double uqi(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
