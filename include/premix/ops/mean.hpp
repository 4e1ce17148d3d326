#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/mean.hpp"

namespace premix {

/// Returns the mean of all elements, summed in double. x (N, H, W, C) -> (1, 1, 1, 1).
template <Real T>
Variable<T> mean(const Variable<T>& x) {
  Tensor<T> y({1, 1, 1, 1}, x.device());
  on_device(x.device(), [&](auto device) {
    mean_forward(device, MeanArgs<T>{x.value().data(), y.mutable_data(), x.shape().size()});
  });
  return record<T>(std::move(y), {x}, [shape = x.shape()](const std::vector<Tensor<T>>& d_outputs) {
    Tensor<T> d_x(shape, d_outputs[0].device());
    on_device(d_x.device(), [&](auto device) {
      mean_backward(device, MeanBackwardArgs<T>{d_outputs[0].data(), d_x.mutable_data(), d_x.size()});
    });
    return std::vector{d_x};
  });
}

}  // namespace premix
