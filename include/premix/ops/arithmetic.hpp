#pragma once

#include <type_traits>

#include "premix/autograd/variable.hpp"
#include "premix/kernels/arithmetic.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/check_alike.hpp"

namespace premix {
namespace detail {

template <Real T>
Tensor<T> product(const Tensor<T>& a, const Tensor<T>& b) {
  Tensor<T> y(a.shape(), a.device());
  on_device(a.device(), [&](auto device) {
    multiply(device, PairArgs<T>{a.data(), b.data(), y.mutable_data(), y.size()});
  });
  return y;
}

template <Real T>
Tensor<T> quotient(const Tensor<T>& a, const Tensor<T>& b) {
  Tensor<T> y(a.shape(), a.device());
  on_device(a.device(), [&](auto device) {
    divide(device, PairArgs<T>{a.data(), b.data(), y.mutable_data(), y.size()});
  });
  return y;
}

template <Real T>
Tensor<T> scaled(const Tensor<T>& x, T factor) {
  Tensor<T> y(x.shape(), x.device());
  on_device(x.device(), [&](auto device) {
    scale(device, ScalarArgs<T>{x.data(), y.mutable_data(), factor, y.size()});
  });
  return y;
}

}  // namespace detail

/// Returns a - b, element-wise. Both (N, H, W, C), on one device; they may be the same variable.
template <Real T>
Variable<T> subtract(const Variable<T>& a, const Variable<T>& b) {
  detail::check_alike("subtract", a.value(), b.value());
  Tensor<T> y(a.shape(), a.device());
  on_device(a.device(), [&](auto device) {
    subtract(device, PairArgs<T>{a.value().data(), b.value().data(), y.mutable_data(), y.size()});
  });
  const bool wants_b = b.requires_grad();
  return record<T>(std::move(y), {a, b}, [wants_b](const std::vector<Tensor<T>>& d_outputs) {
    return std::vector{d_outputs[0], wants_b ? detail::scaled(d_outputs[0], T(-1)) : Tensor<T>()};
  });
}

/// Returns a * b, element-wise. Both (N, H, W, C), on one device; they may be the same variable.
template <Real T>
Variable<T> multiply(const Variable<T>& a, const Variable<T>& b) {
  detail::check_alike("multiply", a.value(), b.value());
  const bool wants_a = a.requires_grad(), wants_b = b.requires_grad();
  return record<T>(
      detail::product(a.value(), b.value()), {a, b},
      [=, saved_a = Saved<T>(a.value()), saved_b = Saved<T>(b.value())](const std::vector<Tensor<T>>& d_outputs) {
        std::vector<Tensor<T>> d_inputs(2);
        if (wants_a) d_inputs[0] = detail::product(d_outputs[0], saved_b.get());
        if (wants_b) d_inputs[1] = detail::product(d_outputs[0], saved_a.get());
        return d_inputs;
      });
}

/// Returns a / b, element-wise. Both (N, H, W, C), on one device; they may be the same variable. A zero in b gives
/// infinity or NaN, as in IEEE 754.
template <Real T>
Variable<T> divide(const Variable<T>& a, const Variable<T>& b) {
  detail::check_alike("divide", a.value(), b.value());
  Tensor<T> y = detail::quotient(a.value(), b.value());
  const bool wants_a = a.requires_grad(), wants_b = b.requires_grad();
  const Saved<T> saved_b(b.value()), saved_y(y);
  return record<T>(std::move(y), {a, b}, [=](const std::vector<Tensor<T>>& d_outputs) {
    const Tensor<T>& d_y = d_outputs[0];
    std::vector<Tensor<T>> d_inputs(2);
    if (wants_a) d_inputs[0] = detail::quotient(d_y, saved_b.get());
    if (wants_b) {
      Tensor<T> d_b(d_y.shape(), d_y.device());
      on_device(d_y.device(), [&](auto device) {
        divisor_backward(device, DivisorBackwardArgs<T>{saved_b.get().data(), saved_y.get().data(), d_y.data(),
                                                        d_b.mutable_data(), d_b.size()});
      });
      d_inputs[1] = std::move(d_b);
    }
    return d_inputs;
  });
}

/// Returns factor * x. x (N, H, W, C) -> (N, H, W, C).
template <Real T>
Variable<T> scale(const Variable<T>& x, std::type_identity_t<T> factor) {
  return record<T>(detail::scaled(x.value(), factor), {x}, [factor](const std::vector<Tensor<T>>& d_outputs) {
    return std::vector{detail::scaled(d_outputs[0], factor)};
  });
}

/// Returns x + number. x (N, H, W, C) -> (N, H, W, C).
template <Real T>
Variable<T> add_scalar(const Variable<T>& x, std::type_identity_t<T> number) {
  Tensor<T> y(x.shape(), x.device());
  on_device(x.device(), [&](auto device) {
    add_scalar(device, ScalarArgs<T>{x.value().data(), y.mutable_data(), number, y.size()});
  });
  return record<T>(std::move(y), {x}, [](const std::vector<Tensor<T>>& d_outputs) { return d_outputs; });
}

template <Real T>
Variable<T> operator-(const Variable<T>& a, const Variable<T>& b) {
  return subtract(a, b);
}

template <Real T>
Variable<T> operator*(const Variable<T>& a, const Variable<T>& b) {
  return multiply(a, b);
}

template <Real T>
Variable<T> operator/(const Variable<T>& a, const Variable<T>& b) {
  return divide(a, b);
}

template <Real T>
Variable<T> operator*(std::type_identity_t<T> factor, const Variable<T>& x) {
  return scale(x, factor);
}

template <Real T>
Variable<T> operator*(const Variable<T>& x, std::type_identity_t<T> factor) {
  return scale(x, factor);
}

template <Real T>
Variable<T> operator+(const Variable<T>& x, std::type_identity_t<T> number) {
  return add_scalar(x, number);
}

}  // namespace premix
