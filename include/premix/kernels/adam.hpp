#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/kernels/math.hpp"

namespace premix {

/// One parameter of an Adam step. All four arrays have count elements.
template <Real T>
struct AdamSlot {
  T* parameter;
  const T* d_parameter;
  T *mean, *square;  // the running means of the gradient and of its square
  std::int64_t count;
};

template <Real T>
struct AdamArgs {
  const AdamSlot<T>* slots;
  std::int64_t slot_count;
  T keep_mean, keep_square;               // beta1, beta2
  T take_mean, take_square;               // 1 - beta1, 1 - beta2
  T step_size, root_correction, epsilon;  // lr / (1 - beta1^k), sqrt(1 - beta2^k)
};

/// The update of one element, in the order of operations of the published code's optimiser: epsilon is added after the correction.
template <Real T>
PREMIX_HD void adam_element(const AdamArgs<T>& args, const AdamSlot<T>& slot, std::int64_t i) {
  using std::sqrt;
  const T gradient = slot.d_parameter[i];
  const T mean = args.keep_mean * slot.mean[i] + args.take_mean * gradient;
  const T square = args.keep_square * slot.square[i] + args.take_square * gradient * gradient;
  slot.mean[i] = mean;
  slot.square[i] = square;
  slot.parameter[i] -= args.step_size * (mean / (sqrt(square) / args.root_correction + args.epsilon));
}

template <Real T>
void adam_update(Cpu, const AdamArgs<T>&);
template <Real T>
void adam_update(Cuda, const AdamArgs<T>&);

}  // namespace premix
