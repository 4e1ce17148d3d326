#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Spatial distortion (Alparone et al. 2008), 0 is best: absolute difference of q_index() between a fused band and PAN
/// and between the same MS band and reduced PAN, averaged over bands. As in the published code,
/// bicubic_resize_align_corners reduces PAN, without a low-pass filter. fused (N, H, W, C), ms (N, h, w, C), pan (N, H,
/// W, 1).
template <Real T>
double d_s(const Tensor<T>& fused, const Tensor<T>& ms, const Tensor<T>& pan);

}  // namespace premix
