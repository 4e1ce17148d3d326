#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

template <Real T>
struct MseLossArgs {
  const T *prediction, *target;  // (N, H, W, C)
  T* loss;                       // (1): mean of (prediction - target)^2, summed in a fixed order
  std::int64_t count;
};

template <Real T>
struct MseLossBackwardArgs {
  const T *prediction, *target;  // (N, H, W, C)
  const T* d_loss;               // (1)
  T* d_prediction;               // (N, H, W, C)
  std::int64_t count;
};

/// Returns the square of a difference in double, where the square of a float is exact.
template <Real T>
PREMIX_HD double square_of(T difference) {
  return static_cast<double>(difference) * static_cast<double>(difference);
}

template <Real T>
void mse_loss_forward(Cpu, const MseLossArgs<T>&);
template <Real T>
void mse_loss_forward(Cuda, const MseLossArgs<T>&);
template <Real T>
void mse_loss_backward(Cpu, const MseLossBackwardArgs<T>&);
template <Real T>
void mse_loss_backward(Cuda, const MseLossBackwardArgs<T>&);

}  // namespace premix
