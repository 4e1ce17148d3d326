#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Root of the mean squared difference over all elements. prediction, truth (N, H, W, C).
template <Real T>
double rmse(const Tensor<T>& prediction, const Tensor<T>& truth);

/// RMSE of the published code (torchmetrics 1.3.2, root_mean_squared_error_using_sliding_window): root of the mean
/// squared difference in each 8 x 8 window, averaged over windows, bands and images. The windows leave out the last row
/// and column. NaN if H or W is 8 or less.
template <Real T>
double rmse_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
