#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/ms_pan.hpp"
#include "premix/kernels/math.hpp"

namespace premix {

/// Function from logits to mask values. Names follow the published code, whose "relu" is relu6.
enum class Activation { sigmoid, tanh_relu, tanh_elu, softsign_elu, softsign_relu };

/// soft: the activation itself. hard: 1 if the activation exceeds a constant, else 0. trainable: sigmoid(20 (activation
/// - beta)).
enum class MaskKind { soft, hard, trainable };

/// Slope of the trainable mask.
inline constexpr int trainable_mask_slope = 20;

template <Real T>
struct EwfmArgs {
  const T *ms, *pan, *logits;  // each (N, H, W, C)
  const T* beta;               // (1), trainable masks only
  T *mixed_ms, *mixed_pan;     // each (N, H, W, C)
  std::int64_t count;
  Activation activation;
  MaskKind kind;
  T threshold;  // hard masks only
};

template <Real T>
struct EwfmBackwardArgs {
  const T *ms, *pan, *logits;         // each (N, H, W, C)
  const T* beta;                      // (1), trainable masks only
  const T *d_mixed_ms, *d_mixed_pan;  // each (N, H, W, C)
  T *d_ms, *d_pan;                    // each (N, H, W, C)
  T* d_logits;                        // (N, H, W, C), null for hard masks: a comparison has no gradient
  T* d_beta;                          // (1), trainable masks only
  std::int64_t count;
  Activation activation;
  MaskKind kind;
  T threshold;
};

template <Real T>
struct EwfmActivation {
  T value, derivative;
};

/// Returns the activation of a logit and its derivative. relu6 has derivative 0 at 0 and 6, elu 1 at 0. NaN stays NaN.
template <Activation activation, Real T>
PREMIX_HD EwfmActivation<T> ewfm_activation(T logit) {
  if constexpr (activation == Activation::sigmoid) {
    const T s = sigmoid_of(logit);
    return {s, s * (T(1) - s)};
  } else {
    constexpr bool elu = activation == Activation::tanh_elu || activation == Activation::softsign_elu;
    constexpr bool tanh = activation == Activation::tanh_relu || activation == Activation::tanh_elu;
    T inner, d_inner;
    if constexpr (elu) {  // elu(f) + 1, equal to e^f for f < 0
      const T exponential = exp_of(logit > T(0) ? T(0) : logit);
      inner = logit > T(0) ? logit + T(1) : exponential;
      d_inner = logit > T(0) ? T(1) : exponential;
    } else {
      inner = logit < T(0) ? T(0) : (logit > T(6) ? T(6) : logit);
      d_inner = logit > T(0) && logit < T(6) ? T(1) : T(0);
    }
    if constexpr (tanh) {
      const T t = tanh_of(inner);
      return {t, (T(1) - t * t) * d_inner};
    } else {  // softsign; inner is never negative here
      const T scale = T(1) / (T(1) + inner);
      return {inner * scale, scale * scale * d_inner};
    }
  }
}

/// Returns the mask of a logit, with its derivatives by the logit and by beta.
template <Real T>
struct EwfmMask {
  T mask, d_logit, d_beta;
};

template <Activation activation, MaskKind kind, Real T>
PREMIX_HD EwfmMask<T> ewfm_mask(T logit, T beta) {
  const EwfmActivation<T> a = ewfm_activation<activation>(logit);
  if constexpr (kind == MaskKind::soft) return {a.value, a.derivative, T(0)};
  if constexpr (kind == MaskKind::hard) return {a.value > beta ? T(1) : T(0), T(0), T(0)};
  const T mask = sigmoid_of((a.value - beta) * T(trainable_mask_slope));
  const T steepness = T(trainable_mask_slope) * mask * (T(1) - mask);
  return {mask, steepness * a.derivative, -steepness};
}

/// Mixes two features by the mask. A mask of 0 leaves both unchanged. The mixing is its own adjoint.
template <Real T>
PREMIX_HD MsPan<T> ewfm_mix(T ms, T pan, T mask) {
  return {(T(1) - mask) * ms + mask * pan, (T(1) - mask) * pan + mask * ms};
}

template <Real T>
void ewfm_forward(Cpu, const EwfmArgs<T>&);
template <Real T>
void ewfm_forward(Cuda, const EwfmArgs<T>&);
template <Real T>
void ewfm_backward(Cpu, const EwfmBackwardArgs<T>&);
template <Real T>
void ewfm_backward(Cuda, const EwfmBackwardArgs<T>&);

}  // namespace premix
