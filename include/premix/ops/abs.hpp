#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/unary.hpp"

namespace premix {

/// Returns abs(x), with derivative 0 at 0. x (N, H, W, C) -> (N, H, W, C).
template <Real T>
Variable<T> abs(const Variable<T>& x) {
  Tensor<T> y(x.shape(), x.device());
  on_device(x.device(), [&](auto device) {
    abs_forward(device, UnaryArgs<T>{x.value().data(), y.mutable_data(), y.size()});
  });

  const Saved<T> saved(x.value());
  return record<T>(std::move(y), {x}, [saved](const std::vector<Tensor<T>>& d_outputs) {
    const Tensor<T>& d_y = d_outputs[0];
    Tensor<T> d_x(d_y.shape(), d_y.device());
    on_device(d_y.device(), [&](auto device) {
      abs_backward(device, UnaryBackwardArgs<T>{saved.get().data(), d_y.data(), d_x.mutable_data(), d_x.size()});
    });
    return std::vector{d_x};
  });
}

}  // namespace premix
