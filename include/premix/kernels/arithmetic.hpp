#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// y = a - b, a * b or a / b, element-wise.
template <Real T>
struct PairArgs {
  const T *a, *b;  // (N, H, W, C)
  T* y;            // like a
  std::int64_t count;
};

/// d_b of y = a / b.
template <Real T>
struct DivisorBackwardArgs {
  const T *b, *y;  // (N, H, W, C)
  const T* d_y;    // like y
  T* d_b;          // like b
  std::int64_t count;
};

/// y = number * x or x + number, element-wise.
template <Real T>
struct ScalarArgs {
  const T* x;  // (N, H, W, C)
  T* y;        // like x
  T number;
  std::int64_t count;
};

/// Returns the derivative of a / b with respect to b, times d_y. y is a / b.
template <Real T>
PREMIX_HD T divisor_gradient_of(T b, T y, T d_y) {
  return -(d_y / b) * y;
}

template <Real T>
void subtract(Cpu, const PairArgs<T>&);
template <Real T>
void subtract(Cuda, const PairArgs<T>&);
template <Real T>
void multiply(Cpu, const PairArgs<T>&);
template <Real T>
void multiply(Cuda, const PairArgs<T>&);
template <Real T>
void divide(Cpu, const PairArgs<T>&);
template <Real T>
void divide(Cuda, const PairArgs<T>&);
template <Real T>
void divisor_backward(Cpu, const DivisorBackwardArgs<T>&);
template <Real T>
void divisor_backward(Cuda, const DivisorBackwardArgs<T>&);
template <Real T>
void scale(Cpu, const ScalarArgs<T>&);
template <Real T>
void scale(Cuda, const ScalarArgs<T>&);
template <Real T>
void add_scalar(Cpu, const ScalarArgs<T>&);
template <Real T>
void add_scalar(Cuda, const ScalarArgs<T>&);

}  // namespace premix
