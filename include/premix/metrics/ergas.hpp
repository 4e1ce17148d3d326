#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Relative dimensionless global error in synthesis (Wald 2000): 100 / ratio * root of the mean over bands of (RMSE /
/// mean of truth)^2, averaged over images. ratio: MS pixel size / PAN pixel size. prediction, truth (N, H, W, C).
template <Real T>
double ergas(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio);

/// ERGAS of the published code (torchmetrics 1.3.2): multiplies by the ratio, assumed to be 4. At ratio 4 it is 16
/// times ergas().
template <Real T>
double ergas_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
