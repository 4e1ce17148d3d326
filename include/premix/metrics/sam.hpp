#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Spectral angle between the pixels of prediction and truth, (N, H, W, C), at least 2 bands, averaged over pixels and
/// images. NaN if a pixel is zero in all bands. The published code reports radians, most papers degrees.
template <Real T>
double sam_radians(const Tensor<T>& prediction, const Tensor<T>& truth);
template <Real T>
double sam_degrees(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
