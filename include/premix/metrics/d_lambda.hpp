#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Spectral distortion (Alparone et al. 2008), 0 is best: absolute difference of q_index() between two bands of the
/// fused image and between the same bands of the MS image, averaged over all pairs. fused (N, H, W, C), ms (N, h, w,
/// C), at least 2 bands.
template <Real T>
double d_lambda(const Tensor<T>& fused, const Tensor<T>& ms);

}  // namespace premix
