#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Gaussian of 3 x 3 pixels, sigma 1.5, each channel alone, the border reflected without repeating the edge.
/// x (N, H, W, C) -> (N, H, W, C). H and W must be at least 2.
template <Real T>
Tensor<T> gaussian_blur(const Tensor<T>& x);

/// x - gaussian_blur(x): edges and texture. x (N, H, W, C) -> (N, H, W, C). H and W must be at least 2.
template <Real T>
Tensor<T> high_pass(const Tensor<T>& x);

}  // namespace premix
