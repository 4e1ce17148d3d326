#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/kernels/math.hpp"

namespace premix {

/// What changes from one step of a parameter to the next. It lies where the parameter does, so that work recorded once
/// can run at another rate.
template <Real T>
struct AdamRate {
  T step_size, root_correction;  // lr / (1 - beta1^k), sqrt(1 - beta2^k) in step k
};

/// One parameter of an Adam step. All four arrays have count elements.
template <Real T>
struct AdamSlot {
  T* parameter;
  const T* d_parameter;
  T *mean, *square;  // the running means of the gradient and of its square
  const AdamRate<T>* rate;
  std::int64_t count;
};

/// What all parameters and steps share.
template <Real T>
struct AdamFactors {
  T keep_mean, keep_square;  // beta1, beta2
  T take_mean, take_square;  // 1 - beta1, 1 - beta2
  T epsilon;
};

template <Real T>
struct AdamArgs {
  const AdamSlot<T>* slots;  // on the host, on either device
  std::int64_t slot_count;
  AdamFactors<T> factors;
};

template <Real T>
struct AdamRateArgs {
  const AdamRate<T>* values;  // (count), on the host
  AdamRate<T>* rates;         // (count), on the device
  std::int64_t count;
};

/// The update of one element, in the order of operations of the published code's optimiser: epsilon is added after the
/// correction.
template <Real T>
PREMIX_HD void adam_element(const AdamFactors<T>& factors, const AdamRate<T>& rate, const AdamSlot<T>& slot,
                            std::int64_t i) {
  using std::sqrt;
  const T gradient = slot.d_parameter[i];
  const T mean = factors.keep_mean * slot.mean[i] + factors.take_mean * gradient;
  const T square = factors.keep_square * slot.square[i] + factors.take_square * gradient * gradient;
  slot.mean[i] = mean;
  slot.square[i] = square;
  slot.parameter[i] -= rate.step_size * (mean / (sqrt(square) / rate.root_correction + factors.epsilon));
}

template <Real T>
void adam_update(Cpu, const AdamArgs<T>&);
template <Real T>
void adam_update(Cuda, const AdamArgs<T>&);

/// Writes the rates of the steps to come, in the order of the stream: values may change as soon as this returns.
template <Real T>
void adam_set_rates(Cpu, const AdamRateArgs<T>&);
template <Real T>
void adam_set_rates(Cuda, const AdamRateArgs<T>&);

}  // namespace premix
