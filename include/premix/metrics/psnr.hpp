#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Peak signal-to-noise ratio in dB for a peak of 1: -10 log10 of the mean squared difference over all elements, both
/// images clipped to [0, 1]. Infinite for equal images. prediction, truth (N, H, W, C). Like torchmetrics 1.3.2
/// (peak_signal_noise_ratio), whose factor 10 / ln 10 is rounded to float, 4.5e-8 too large.
template <Real T>
double psnr_db(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
