#pragma once

#include <string>

#include "premix/core/precision.hpp"
#include "premix/kernels/conv2d.hpp"

namespace premix::cudnn {

enum class Pass { forward, backward_data, backward_weight };

/// Key of a plan.
struct Request {
  Pass pass;
  Conv2dSizes sizes;
  Precision precision = Precision::float32;           // of the two multiplied tensors
  bool narrow_result = false;                         // bf16 instead of float
  bool residual = false, bias = false, relu = false;  // operations after a forward pass, in this order
  int alignment = 16;                                 // of all tensors, bytes

  bool fused() const { return residual || bias || relu; }
  friend auto operator<=>(const Request&, const Request&) = default;
};

/// Returns a readable name: "conv2d forward + bias 16x64x64x32 -> 32, 3x3, fp32".
std::string name_of(const Request& request);

}  // namespace premix::cudnn
