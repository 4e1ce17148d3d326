#pragma once

#include <cmath>
#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"
#include "premix/kernels/l1_loss.hpp"
#include "premix/kernels/math.hpp"

namespace premix {

/// y = f(x), element-wise.
template <Real T>
struct UnaryArgs {
  const T* x;  // (N, H, W, C)
  T* y;        // like x
  std::int64_t count;
};

template <Real T>
struct UnaryBackwardArgs {
  const T* saved;  // (N, H, W, C): x for abs, y for sqrt and sigmoid
  const T* d_y;    // like saved
  T* d_x;          // like saved
  std::int64_t count;
};

/// Returns abs(x); NaN stays NaN.
template <Real T>
PREMIX_HD T abs_of(T x) {
  return x > T(0) ? x : T(0) - x;  // 0 - 0 is +0
}

template <Real T>
PREMIX_HD T abs_gradient_of(T x, T d_y) {
  return d_y * sign_of(x);
}

template <Real T>
PREMIX_HD T sqrt_of(T x) {
  using std::sqrt;
  return sqrt(x);
}

template <Real T>
PREMIX_HD T sqrt_gradient_of(T y, T d_y) {
  return d_y / (y + y);
}

template <Real T>
PREMIX_HD T sigmoid_gradient_of(T y, T d_y) {
  return d_y * (y * (T(1) - y));
}

template <Real T>
void abs_forward(Cpu, const UnaryArgs<T>&);
template <Real T>
void abs_forward(Cuda, const UnaryArgs<T>&);
template <Real T>
void abs_backward(Cpu, const UnaryBackwardArgs<T>&);
template <Real T>
void abs_backward(Cuda, const UnaryBackwardArgs<T>&);
template <Real T>
void sqrt_forward(Cpu, const UnaryArgs<T>&);
template <Real T>
void sqrt_forward(Cuda, const UnaryArgs<T>&);
template <Real T>
void sqrt_backward(Cpu, const UnaryBackwardArgs<T>&);
template <Real T>
void sqrt_backward(Cuda, const UnaryBackwardArgs<T>&);
template <Real T>
void sigmoid_forward(Cpu, const UnaryArgs<T>&);
template <Real T>
void sigmoid_forward(Cuda, const UnaryArgs<T>&);
template <Real T>
void sigmoid_backward(Cpu, const UnaryBackwardArgs<T>&);
template <Real T>
void sigmoid_backward(Cuda, const UnaryBackwardArgs<T>&);

}  // namespace premix
