#pragma once

#include <compare>
#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Convolution with zero padding (K - 1) / 2 at the top and left. The transposed convolution swaps the roles of x and
/// y: its forward pass is backward_data, its gradients are forward and backward_weight.
struct Conv2dSizes {
  std::int64_t images, height, width, channels;      // x (N, H, W, C)
  std::int64_t out_height, out_width, out_channels;  // y (N, H', W', O)
  int kernel;                                        // K, odd; weight (O, K, K, C)
  int stride;

  std::int64_t padding() const { return (kernel - 1) / 2; }
  friend auto operator<=>(const Conv2dSizes&, const Conv2dSizes&) = default;
};

template <Real T>
struct Conv2dArgs {
  const T *x, *weight;
  const T* bias;  // (O), or null
  T* y;
  Conv2dSizes sizes;
};

template <Real T>
struct Conv2dBackwardDataArgs {
  const T *d_y, *weight;
  T* d_x;
  Conv2dSizes sizes;
};

template <Real T>
struct Conv2dBackwardWeightArgs {
  const T *x, *d_y;
  T* d_weight;
  Conv2dSizes sizes;
};

template <Real T>
void conv2d_forward(Cpu, const Conv2dArgs<T>&);
template <Real T>
void conv2d_forward(Cuda, const Conv2dArgs<T>&);
template <Real T>
void conv2d_backward_data(Cpu, const Conv2dBackwardDataArgs<T>&);
template <Real T>
void conv2d_backward_data(Cuda, const Conv2dBackwardDataArgs<T>&);
template <Real T>
void conv2d_backward_weight(Cpu, const Conv2dBackwardWeightArgs<T>&);
template <Real T>
void conv2d_backward_weight(Cuda, const Conv2dBackwardWeightArgs<T>&);

}  // namespace premix
