#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/unary.hpp"

namespace premix {

/// Returns the square root, NaN for negative x. The derivative is 1 / (2 sqrt(x)), infinite at 0: add a small number
/// first where x can be 0. x (N, H, W, C) -> (N, H, W, C).
template <Real T>
Variable<T> sqrt(const Variable<T>& x) {
  Tensor<T> y(x.shape(), x.device());
  on_device(x.device(), [&](auto device) {
    sqrt_forward(device, UnaryArgs<T>{x.value().data(), y.mutable_data(), y.size()});
  });

  const Saved<T> saved(y);
  return record<T>(std::move(y), {x}, [saved](const std::vector<Tensor<T>>& d_outputs) {
    const Tensor<T>& d_y = d_outputs[0];
    Tensor<T> d_x(d_y.shape(), d_y.device());
    on_device(d_y.device(), [&](auto device) {
      sqrt_backward(device, UnaryBackwardArgs<T>{saved.get().data(), d_y.data(), d_x.mutable_data(), d_x.size()});
    });
    return std::vector{d_x};
  });
}

}  // namespace premix
