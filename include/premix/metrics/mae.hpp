#pragma once

#include "premix/core/tensor.hpp"

namespace premix {

/// Mean absolute difference over all elements. prediction, truth (N, H, W, C).
template <Real T>
double mae(const Tensor<T>& prediction, const Tensor<T>& truth);

}  // namespace premix
