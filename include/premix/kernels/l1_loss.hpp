#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

template <Real T>
struct L1LossArgs {
  const T *prediction, *target;  // (N, H, W, C)
  T* loss;                       // (1): mean of abs(prediction - target), summed in a fixed order
  std::int64_t count;
};

template <Real T>
struct L1LossBackwardArgs {
  const T *prediction, *target;  // (N, H, W, C)
  const T* d_loss;               // (1)
  T* d_prediction;               // (N, H, W, C)
  std::int64_t count;
};

/// Derivative of abs(x), 0 at 0.
template <Real T>
PREMIX_HD T sign_of(T x) {
  return static_cast<T>((x > T(0)) - (x < T(0)));
}

template <Real T>
void l1_loss_forward(Cpu, const L1LossArgs<T>&);
template <Real T>
void l1_loss_forward(Cuda, const L1LossArgs<T>&);
template <Real T>
void l1_loss_backward(Cpu, const L1LossBackwardArgs<T>&);
template <Real T>
void l1_loss_backward(Cuda, const L1LossBackwardArgs<T>&);

}  // namespace premix
