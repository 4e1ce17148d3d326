#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

template <Storage From, Storage To>
struct ConvertArgs {
  const From* from;  // (N, H, W, C)
  To* to;            // like from
  std::int64_t count;
};

/// Converts a 16-bit float to float; returns a float unchanged.
PREMIX_HD float widened(float v) { return v; }
PREMIX_HD double widened(double v) { return v; }
PREMIX_HD float widened(bf16_t v) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(v.bits) << 16); }
PREMIX_HD float widened(half_t v) {
#if defined(__CUDA_ARCH__)
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(v.bits));
  return wide;
#else
  const std::uint32_t sign = static_cast<std::uint32_t>(v.bits & 0x8000) << 16, size = v.bits & 0x7fff;
  if (size >= 0x7c00) return __builtin_bit_cast(float, sign | 0x7f800000 | (size & 0x3ff) << 13);  // infinity, NaN
  // A half's bits, placed in a float, read as 2^-112 of its value. This also holds for subnormal halves.
  const float scaled = __builtin_bit_cast(float, size << 13) * 0x1p112f;
  return sign != 0 ? -scaled : scaled;
#endif
}

/// Rounds to the narrower type, to nearest even. Overflow gives infinity; NaN stays NaN.
template <Storage To>
PREMIX_HD To narrowed(float v) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, v);
  if constexpr (std::same_as<To, bf16_t>) {
    if (v != v) return {static_cast<std::uint16_t>(bits >> 16 | 0x40)};
    return {static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
  } else if constexpr (std::same_as<To, half_t>) {
    const std::uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (v != v) return {static_cast<std::uint16_t>(sign | 0x7e00)};
    if (size >= 0x477ff000) return {static_cast<std::uint16_t>(sign | 0x7c00)};  // 65520 and above
    if (size < 0x38800000) {  // below 2^-14 halves are 2^-24 apart: the addition rounds to that
      const float shifted = __builtin_bit_cast(float, size) + 0.5f;
      return {static_cast<std::uint16_t>(sign | (__builtin_bit_cast(std::uint32_t, shifted) - 0x3f000000))};
    }
    return {static_cast<std::uint16_t>(sign | ((size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13))};
  } else {
    return v;
  }
}

/// Converts float to bf16_t or half_t, or one of these to float.
template <Storage From, Storage To>
void convert(Cpu, const ConvertArgs<From, To>&);
template <Storage From, Storage To>
void convert(Cuda, const ConvertArgs<From, To>&);

}  // namespace premix
