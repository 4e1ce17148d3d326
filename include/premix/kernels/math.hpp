#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "premix/core/scalar.hpp"

namespace premix {

/// Returns a * b + c, rounded once if the processor has the instruction.
template <Real T>
PREMIX_HD T mul_add(T a, T b, T c) {
#if defined(__FMA__) || defined(__CUDA_ARCH__) || defined(__aarch64__)
  if constexpr (std::is_same_v<T, float>)
    return __builtin_fmaf(a, b, c);
  else
    return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// Returns e^x within 2 ulp. The float version has no branches, so loops over it vectorise, unlike with the C library.
/// Clamps x to -87.3 (result about 1e-38) and 88.3.
template <Real T>
PREMIX_HD T exp_of(T x) {
  if constexpr (std::is_same_v<T, double>) {
    return std::exp(x);
  } else {
    const float clamped = x < -87.3f ? -87.3f : (x > 88.3f ? 88.3f : x);
    // x = n ln 2 + r with abs(r) <= ln(2) / 2. Adding and subtracting 1.5 * 2^23 rounds to the nearest integer. ln 2 is
    // split in two parts; the first has trailing zeros, so n times it is exact.
    const float shifted = mul_add(clamped, 1.44269504f, 12582912.0f);
    const float n = shifted - 12582912.0f;
    const float r = mul_add(n, 2.12194440e-4f, mul_add(n, -0.693359375f, clamped));
    float p = 1.0f / 5040;
    p = mul_add(p, r, 1.0f / 720);
    p = mul_add(p, r, 1.0f / 120);
    p = mul_add(p, r, 1.0f / 24);
    p = mul_add(p, r, 1.0f / 6);
    p = mul_add(p, r, 0.5f);
    p = mul_add(p * r, r, r) + 1.0f;
    const auto exponent = static_cast<std::uint32_t>(__builtin_bit_cast(std::int32_t, shifted) -
                                                     __builtin_bit_cast(std::int32_t, 12582912.0f));
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, p) + (exponent << 23));
  }
}

/// Returns 1 / (1 + e^-x) within 2 ulp. In float x is clamped to -87.3 from below.
template <Real T>
PREMIX_HD T sigmoid_of(T x) {
  const T small = exp_of(x < T(0) ? x : -x);
  const T sum = T(1) + small,
          lost = small - (sum - T(1));  // exact rounding error of the sum, as small is at most 1
  const T rounded = (x < T(0) ? small : T(1)) / sum;
  const T inverse = x < T(0) ? T(1) - rounded : rounded;  // 1 / sum
  return rounded - rounded * inverse * lost;
}

/// Returns tanh x within 2 ulp. Near 0: odd polynomial (coefficients of Moshier's Cephes). Elsewhere: 1 - 2 / (e^2x +
/// 1).
template <Real T>
PREMIX_HD T tanh_of(T x) {
  if constexpr (std::is_same_v<T, double>) {
    return std::tanh(x);
  } else {
    const float size = x < 0 ? -x : x;
    const float s = x * x;
    float p = -5.70498872745e-3f;
    p = mul_add(p, s, 2.06390887954e-2f);
    p = mul_add(p, s, -5.37397155531e-2f);
    p = mul_add(p, s, 1.33314422036e-1f);
    p = mul_add(p, s, -3.33332819422e-1f);
    const float near = mul_add(p * s, x, x);
    const float far = 1.0f - 2.0f / (exp_of(size + size) + 1.0f);
    return size < 0.625f ? near : (x < 0 ? -far : far);
  }
}

}  // namespace premix
