#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Spatial distortion (Alparone et al. 2008), 0 is best: how much q_index() between a band of the fused image and PAN
/// differs from that between the same band of the MS image and PAN brought to its size; the mean over the bands. As the
/// published code, which reduces PAN by bicubic_resize_align_corners, without a low-pass filter. fused (N, H, W, C), ms
/// (N, h, w, C), pan (N, H, W, 1).
template <Real T>
double d_s(const Tensor<T>& fused, const Tensor<T>& ms, const Tensor<T>& pan);

}  // namespace premix
