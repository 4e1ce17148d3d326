#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/kernels/math.hpp"

namespace premix {

/// Step-dependent values of a parameter. Stored on the parameter's device, so that recorded work can run with a new
/// learning rate.
template <Real T>
struct AdamRate {
  T step_size, root_correction;  // lr / (1 - beta1^k), sqrt(1 - beta2^k) in step k
  T take_average;                // weight of the new parameter in its running mean
};

/// One parameter of an Adam step. All arrays have count elements.
template <Real T>
struct AdamSlot {
  T* parameter;
  const T* d_parameter;
  T *mean, *square;  // running means of the gradient and of its square
  const AdamRate<T>* rate;
  std::int64_t count;
  T* average = nullptr;  // running mean of the parameter, or null
};

/// Arguments common to all parameters and steps.
template <Real T>
struct AdamFactors {
  T keep_mean, keep_square;  // beta1, beta2
  T take_mean, take_square;  // 1 - beta1, 1 - beta2
  T epsilon;
  const T* gradient_scale = nullptr;  // (1), written by adam_clip(); null: 1
};

template <Real T>
struct AdamArgs {
  const AdamSlot<T>* slots;  // in host memory for both devices
  std::int64_t slot_count;
  AdamFactors<T> factors;
};

/// Scale that reduces the Euclidean norm of all gradients together to max_norm, at most 1.
template <Real T>
struct AdamClipArgs {
  const AdamSlot<T>* slots;  // in host memory for both devices
  std::int64_t slot_count;
  T max_norm;
  double* sums;  // (slot_count), scratch in device memory
  T* scale;      // (1), in device memory
};

template <Real T>
struct AdamRateArgs {
  const AdamRate<T>* values;  // (count), in host memory
  AdamRate<T>* rates;         // (count), in device memory
  std::int64_t count;
};

/// Updates one element in the operation order of the published code: epsilon is added after the correction.
template <Real T>
PREMIX_HD void adam_element(const AdamFactors<T>& factors, const AdamRate<T>& rate, const AdamSlot<T>& slot,
                            std::int64_t i) {
  using std::sqrt;
  const T gradient = factors.gradient_scale ? *factors.gradient_scale * slot.d_parameter[i] : slot.d_parameter[i];
  const T mean = factors.keep_mean * slot.mean[i] + factors.take_mean * gradient;
  const T square = factors.keep_square * slot.square[i] + factors.take_square * gradient * gradient;
  slot.mean[i] = mean;
  slot.square[i] = square;
  slot.parameter[i] -= rate.step_size * (mean / (sqrt(square) / rate.root_correction + factors.epsilon));
  if (slot.average) slot.average[i] += rate.take_average * (slot.parameter[i] - slot.average[i]);
}

/// Returns the scale of adam_clip(). sum: of the squares of all gradients. A norm that is not finite gives 1, so that
/// NaN reaches the parameters and the next loss shows it.
template <Real T>
PREMIX_HD T clip_scale(double sum, T max_norm) {
  using std::sqrt;
  const double norm = sqrt(sum);
  return norm > static_cast<double>(max_norm) && norm < 1e300 ? static_cast<T>(static_cast<double>(max_norm) / norm)
                                                              : T(1);
}

template <Real T>
void adam_update(Cpu, const AdamArgs<T>&);
template <Real T>
void adam_update(Cuda, const AdamArgs<T>&);

/// Sums squares in double, in a fixed order.
template <Real T>
void adam_clip(Cpu, const AdamClipArgs<T>&);
template <Real T>
void adam_clip(Cuda, const AdamClipArgs<T>&);

/// Writes the rates of the next steps, in stream order. values may be changed after the call returns.
template <Real T>
void adam_set_rates(Cpu, const AdamRateArgs<T>&);
template <Real T>
void adam_set_rates(Cuda, const AdamRateArgs<T>&);

}  // namespace premix
