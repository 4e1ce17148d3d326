#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

template <Real T>
struct MeanArgs {
  const T* x;  // (N, H, W, C)
  T* mean;     // (1): summed in double, in a fixed order
  std::int64_t count;
};

template <Real T>
struct MeanBackwardArgs {
  const T* d_mean;  // (1)
  T* d_x;           // (N, H, W, C)
  std::int64_t count;
};

template <Real T>
void mean_forward(Cpu, const MeanArgs<T>&);
template <Real T>
void mean_forward(Cuda, const MeanArgs<T>&);
template <Real T>
void mean_backward(Cpu, const MeanBackwardArgs<T>&);
template <Real T>
void mean_backward(Cuda, const MeanBackwardArgs<T>&);

}  // namespace premix
