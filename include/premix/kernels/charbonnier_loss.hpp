#pragma once

#include <cmath>
#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

template <Real T>
struct CharbonnierLossArgs {
  const T *prediction, *target;  // (N, H, W, C)
  T* loss;                       // (1): mean of charbonnier_of, summed in a fixed order
  T epsilon;                     // positive
  std::int64_t count;
};

template <Real T>
struct CharbonnierLossBackwardArgs {
  const T *prediction, *target;  // (N, H, W, C)
  const T* d_loss;               // (1)
  T* d_prediction;               // (N, H, W, C)
  T epsilon;                     // as in the forward pass
  std::int64_t count;
};

/// Returns sqrt(difference^2 + epsilon^2).
template <Real T>
PREMIX_HD T charbonnier_of(T difference, T epsilon) {
  using std::sqrt;
  return sqrt(difference * difference + epsilon * epsilon);
}

/// Returns the derivative of charbonnier_of with respect to the difference.
template <Real T>
PREMIX_HD T charbonnier_slope_of(T difference, T epsilon) {
  return difference / charbonnier_of(difference, epsilon);
}

template <Real T>
void charbonnier_loss_forward(Cpu, const CharbonnierLossArgs<T>&);
template <Real T>
void charbonnier_loss_forward(Cuda, const CharbonnierLossArgs<T>&);
template <Real T>
void charbonnier_loss_backward(Cpu, const CharbonnierLossBackwardArgs<T>&);
template <Real T>
void charbonnier_loss_backward(Cuda, const CharbonnierLossBackwardArgs<T>&);

}  // namespace premix
