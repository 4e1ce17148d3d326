#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Relative dimensionless global error in synthesis (Wald 2000): 100 / ratio * root of the mean over the bands of (RMSE
/// / mean of truth)^2; the mean over the images. ratio: MS pixel size over PAN pixel size. prediction, truth (N, H, W,
/// C).
template <Real T>
double ergas(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio);

/// What the published code prints as ERGAS (torchmetrics 1.3.2): it multiplies by the ratio, which it takes to be 4. 16
/// times ergas() at ratio 4.
template <Real T>
double ergas_published(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
