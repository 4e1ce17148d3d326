#pragma once

#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// How well a fused image agrees with the MS image that it was made from.
struct Consistency {
  std::vector<double> bias;  // of each band: mean(degraded) / mean(ms) - 1
  double sam_degrees = 0;    // R-SAM: sam_degrees(degraded, ms); NaN with one band
  double ergas = 0;          // R-ERGAS: ergas(degraded, ms, ratio)
};

/// degraded: the fused image brought back to the MS image's grid by the protocol's degradation; like ms, (N, h, w, C).
template <Real T>
Consistency consistency(const Tensor<T>& degraded, const Tensor<T>& ms, double ratio);

}  // namespace premix
