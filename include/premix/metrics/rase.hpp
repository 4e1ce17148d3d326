#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// RASE of the published code (torchmetrics 1.3.2, relative_average_spectral_error). In each window of
/// rmse_published(): 100 / mean of truth * root of the mean over bands of the squared local RMSE; averaged over
/// windows. It divides means by the 64 pixels of a window once too often, so the value is 64 times the true percentage.
/// For several images, local RMSE and means are averaged over images first. prediction, truth (N, H, W, C).
template <Real T>
double rase_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
