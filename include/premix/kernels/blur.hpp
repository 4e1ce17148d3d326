#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Gaussian of three samples along one axis: side, centre, side. Weights sum to 1.
template <Real T>
struct BlurWeights {
  T side, centre;
};

/// gaussian_blur: y = x blurred along both axes. high_pass: y = x - blurred x. The border is reflected without
/// repeating the edge.
template <Real T>
struct BlurArgs {
  const T* x;                                    // (N, H, W, C)
  T* y;                                          // like x; must not alias x
  std::int64_t images, height, width, channels;  // height and width at least 2
  BlurWeights<T> weights;
};

template <Real T>
PREMIX_HD T blurred_of(T before, T centre, T after, BlurWeights<T> weights) {
  return weights.side * before + weights.centre * centre + weights.side * after;
}

template <Real T>
void gaussian_blur(Cpu, const BlurArgs<T>&);
template <Real T>
void gaussian_blur(Cuda, const BlurArgs<T>&);
template <Real T>
void high_pass(Cpu, const BlurArgs<T>&);
template <Real T>
void high_pass(Cuda, const BlurArgs<T>&);

}  // namespace premix
