#pragma once

#include <string>

#include "premix/core/precision.hpp"
#include "premix/kernels/conv2d.hpp"

namespace premix::cudnn {

enum class Pass { forward, backward_data, backward_weight };

/// All that a plan depends on.
struct Request {
  Pass pass;
  Conv2dSizes sizes;
  Precision precision = Precision::float32;           // of the two tensors that are multiplied
  bool narrow_result = false;                         // bf16 in place of float
  bool residual = false, bias = false, relu = false;  // what follows a forward pass, in this order
  int alignment = 16;                                 // bytes, of all tensors

  bool fused() const { return residual || bias || relu; }
  friend auto operator<=>(const Request&, const Request&) = default;
};

/// As people read it: "conv2d forward + bias 16x64x64x32 -> 32, 3x3, fp32".
std::string name_of(const Request& request);

}  // namespace premix::cudnn
