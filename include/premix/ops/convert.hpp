#pragma once

#include "premix/core/tensor.hpp"
#include "premix/kernels/convert.hpp"

namespace premix {

/// Converts float to bf16_t or half_t, rounded to nearest, or one of these to float. x (N, H, W, C) -> (N, H, W, C).
/// Example: convert<bf16_t>(filters)
template <Storage To, Storage From>
requires(Narrow<To> != Narrow<From>) Tensor<To> convert(const Tensor<From>& x) {
  PREMIX_CHECK(!x.empty(), "convert: empty tensor");
  Tensor<To> y(x.shape(), x.device());
  on_device(x.device(), [&](auto device) {
    convert(device, ConvertArgs<From, To>{x.data(), y.mutable_data(), x.size()});
  });
  return y;
}

}  // namespace premix
