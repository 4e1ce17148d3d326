#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Peak signal-to-noise ratio in decibels, for a peak of 1: -10 log10 of the mean squared difference over everything,
/// both images clipped to [0, 1]. Infinite where they are equal. prediction, truth (N, H, W, C). As torchmetrics 1.3.2
/// (peak_signal_noise_ratio), whose factor 10 / ln 10 is rounded to float: 4.5e-8 above the true one.
template <Real T>
double psnr_db(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
