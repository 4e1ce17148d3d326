#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"

namespace premix {

/// One band of every image of a tensor (N, H, W, C).
template <Real T>
struct ImageBand {
  Tensor<T> image;
  std::int64_t index = 0;
};

/// Q of two bands of equal size: 4 cov(a, b) mean(a) mean(b) / ((var(a) + var(b)) (mean(a)^2 + mean(b)^2) + 1e-8) with
/// moments of the whole image, and the mean over the images. The published code's: Wang and Bovik (2002) average it
/// over blocks.
template <Real T>
double q_index(const ImageBand<T>& a, const ImageBand<T>& b);

}  // namespace premix
