#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Root of the mean squared difference over everything. prediction, truth (N, H, W, C).
template <Real T>
double rmse(const Tensor<T>& prediction, const Tensor<T>& truth);

/// What the published code prints as RMSE (torchmetrics 1.3.2, root_mean_squared_error_using_sliding_window): the root
/// of the mean squared difference in each window of 8 x 8 pixels, and the mean of these roots over windows, bands and
/// images. The last row and the last column are in no window. NaN where H or W is 8 or less.
template <Real T>
double rmse_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
