#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/elementwise.hpp"

namespace premix {

/// Returns a + b, element-wise. Both (N, H, W, C).
template <Real T>
Variable<T> add(const Variable<T>& a, const Variable<T>& b) {
  PREMIX_CHECK(a.shape() == b.shape(), "add: shapes ", a.shape(), " and ", b.shape(), " differ");
  Tensor<T> y(a.shape(), a.device());
  on_device(a.device(), [&](auto device) {
    add(device, AddArgs<T>{a.value().data(), b.value().data(), y.mutable_data(), y.size()});
  });
  return record<T>(std::move(y), {a, b}, [](const std::vector<Tensor<T>>& d_outputs) {
    return std::vector{d_outputs[0], d_outputs[0]};
  });
}

template <Real T>
Variable<T> operator+(const Variable<T>& a, const Variable<T>& b) {
  return add(a, b);
}

}  // namespace premix
