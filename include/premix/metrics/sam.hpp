#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Spectral angle between the pixels of prediction and truth, (N, H, W, C), at least 2 bands; the mean over pixels and
/// images. NaN where a pixel is zero in all bands. The published code prints radians, most papers degrees.
template <Real T>
double sam_radians(const Tensor<T>& prediction, const Tensor<T>& truth);
template <Real T>
double sam_degrees(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
