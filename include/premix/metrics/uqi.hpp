#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Universal image quality index (Wang and Bovik 2002), at most 1, in the windows of ssim(): the mean over windows,
/// bands and images. prediction, truth (N, H, W, C). NaN where H or W is 10 or less. As torchmetrics 1.3.2
/// (universal_image_quality_index), which adds the machine epsilon of T to the denominator: in float that dominates on
/// dark or flat images, and the same image gives 0.01 in float and 0.79 in double.
template <Real T>
double uqi(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
