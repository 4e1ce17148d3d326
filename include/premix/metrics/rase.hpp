#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// What the published code prints as RASE (torchmetrics 1.3.2, relative_average_spectral_error): in each window of
/// rmse_published(), 100 / mean of truth * root of the mean over the bands of the squared local RMSE; the mean over the
/// windows. The means are divided by the 64 pixels of a window once too often there, so that the value is 64 times the
/// per cent that the index stands for. With several images, local RMSE and means are averaged over the images first.
/// prediction, truth (N, H, W, C).
template <Real T>
double rase_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
