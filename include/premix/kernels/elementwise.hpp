#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

template <Real T>
struct ReluArgs {
  const T* x;  // (N, H, W, C)
  T* y;        // like x
  std::int64_t count;
};

template <Real T>
struct ReluBackwardArgs {
  const T* y;    // result of the forward pass: positive where x was
  const T* d_y;  // like y
  T* d_x;        // like y
  std::int64_t count;
};

template <Real T>
struct AddArgs {
  const T *a, *b;  // (N, H, W, C)
  T* y;            // like a; may be a or b
  std::int64_t count;
};

/// y (N, H, W, C) += bias (C).
template <Real T>
struct AddBiasArgs {
  const T* bias;
  T* y;
  std::int64_t pixels, channels;
};

/// d_bias (C) = sums of d_y (N, H, W, C) over the pixels, in a fixed order. If y is given, d_y counts only where y is
/// positive.
template <Real T>
struct BiasBackwardArgs {
  const T* d_y;
  T* d_bias;
  std::int64_t pixels, channels;
  const T* y = nullptr;  // of a forward pass with relu
};

/// Returns max(x, 0); NaN stays NaN.
template <Real T>
PREMIX_HD T relu_of(T x) {
  return x < T(0) ? T(0) : x;
}

template <Real T>
void relu_forward(Cpu, const ReluArgs<T>&);
template <Real T>
void relu_forward(Cuda, const ReluArgs<T>&);
template <Real T>
void relu_backward(Cpu, const ReluBackwardArgs<T>&);
template <Real T>
void relu_backward(Cuda, const ReluBackwardArgs<T>&);
template <Real T>
void add(Cpu, const AddArgs<T>&);
template <Real T>
void add(Cuda, const AddArgs<T>&);
template <Real T>
void add_bias(Cpu, const AddBiasArgs<T>&);
template <Real T>
void add_bias(Cuda, const AddBiasArgs<T>&);
template <Real T>
void bias_backward(Cpu, const BiasBackwardArgs<T>&);
template <Real T>
void bias_backward(Cuda, const BiasBackwardArgs<T>&);

}  // namespace premix
