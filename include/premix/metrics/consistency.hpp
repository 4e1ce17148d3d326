#pragma once

#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// Agreement of a fused image with its MS image.
struct Consistency {
  std::vector<double> bias;  // per band: mean(degraded) / mean(ms) - 1
  double sam_degrees = 0;    // R-SAM: sam_degrees(degraded, ms); NaN with one band
  double ergas = 0;          // R-ERGAS: ergas(degraded, ms, ratio)
};

/// Compares degraded with ms, both (N, h, w, C). degraded: fused image, reduced to the MS grid by the degradation of
/// the protocol.
template <Real T>
Consistency consistency(const Tensor<T>& degraded, const Tensor<T>& ms, double ratio);

}  // namespace premix
