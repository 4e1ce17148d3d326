#pragma once

#include <cstdint>
#include <cstring>

#include "premix/core/scalar.hpp"

// Float registers for kernels where auto-vectorised loops are too slow. Included only by files of src/cpu. Each
// instruction set sees the types it supports; x86-64-v2 has none.

#if defined(__AVX2__)
#include <immintrin.h>

namespace premix::on_cpu::PREMIX_ISA {

/// Eight floats. On processors with support, bf16_t is widened on load and rounded to nearest on store.
struct F32x8 {
  static constexpr int width = 8;
  __m256 v;

  static F32x8 zero() { return {_mm256_setzero_ps()}; }
  static F32x8 all(float x) { return {_mm256_set1_ps(x)}; }
  static F32x8 load(const float* from) { return {_mm256_loadu_ps(from)}; }
  /// Loads n floats, n from 1 to 8, followed by zeros.
  static F32x8 load(const float* from, std::int64_t n) { return {_mm256_maskload_ps(from, first(n))}; }
  void store(float* to) const { _mm256_storeu_ps(to, v); }
  void store(float* to, std::int64_t n) const { _mm256_maskstore_ps(to, first(n), v); }

  friend F32x8 operator+(F32x8 a, F32x8 b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend F32x8 operator-(F32x8 a, F32x8 b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend F32x8 operator*(F32x8 a, F32x8 b) { return {_mm256_mul_ps(a.v, b.v)}; }
  /// Returns a b + c, and c - a b, rounded once.
  friend F32x8 mul_add(F32x8 a, F32x8 b, F32x8 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
  friend F32x8 neg_mul_add(F32x8 a, F32x8 b, F32x8 c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
  /// Returns the maximum; the second argument if either is NaN.
  friend F32x8 max(F32x8 a, F32x8 b) { return {_mm256_max_ps(a.v, b.v)}; }
  /// Returns x where sign is positive, else 0.
  friend F32x8 where_positive(F32x8 sign, F32x8 x) {
    return {_mm256_and_ps(_mm256_cmp_ps(sign.v, _mm256_setzero_ps(), _CMP_GT_OQ), x.v)};
  }

#if defined(__AVX512BF16__)
  static F32x8 load(const bf16_t* from) { return widened(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))); }
  static F32x8 load(const bf16_t* from, std::int64_t n) { return widened(_mm_maskz_loadu_epi16(some(n), from)); }
  void store(bf16_t* to) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrowed()); }
  void store(bf16_t* to, std::int64_t n) const { _mm_mask_storeu_epi16(to, some(n), narrowed()); }
  /// Returns sum + left[0] right[2 i] + left[1] right[2 i + 1] in lane i.
  static F32x8 pair_mul_add(const bf16_t* left, const bf16_t* right, F32x8 sum) {
    std::int32_t both;
    std::memcpy(&both, left, sizeof both);
    return {_mm256_dpbf16_ps(sum.v, (__m256bh)_mm256_set1_epi32(both),
                             (__m256bh)_mm256_loadu_si256(reinterpret_cast<const __m256i*>(right)))};
  }
#endif

 private:
  static __m256i first(std::int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
#if defined(__AVX512BF16__)
  static __mmask8 some(std::int64_t n) { return static_cast<__mmask8>((1 << n) - 1); }
  static F32x8 widened(__m128i narrow) {
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16))};
  }
  __m128i narrowed() const { return (__m128i)_mm256_cvtneps_pbh(v); }
#endif
};

}  // namespace premix::on_cpu::PREMIX_ISA
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__)

namespace premix::on_cpu::PREMIX_ISA {

/// Sixteen floats, with the interface of F32x8.
struct F32x16 {
  static constexpr int width = 16;
  __m512 v;

  static F32x16 zero() { return {_mm512_setzero_ps()}; }
  static F32x16 all(float x) { return {_mm512_set1_ps(x)}; }
  static F32x16 load(const float* from) { return {_mm512_loadu_ps(from)}; }
  void store(float* to) const { _mm512_storeu_ps(to, v); }

  friend F32x16 operator+(F32x16 a, F32x16 b) { return {_mm512_add_ps(a.v, b.v)}; }
  friend F32x16 operator-(F32x16 a, F32x16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
  friend F32x16 operator*(F32x16 a, F32x16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
  friend F32x16 mul_add(F32x16 a, F32x16 b, F32x16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
  friend F32x16 neg_mul_add(F32x16 a, F32x16 b, F32x16 c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
  friend F32x16 max(F32x16 a, F32x16 b) { return {_mm512_max_ps(a.v, b.v)}; }
  friend F32x16 where_positive(F32x16 sign, F32x16 x) {
    return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(sign.v, _mm512_setzero_ps(), _CMP_GT_OQ), x.v)};
  }

#if defined(__AVX512BF16__)
  static F32x16 load(const bf16_t* from) {
    const __m256i narrow = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16))};
  }
  void store(bf16_t* to) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(v)); }
  static F32x16 pair_mul_add(const bf16_t* left, const bf16_t* right, F32x16 sum) {
    std::int32_t both;
    std::memcpy(&both, left, sizeof both);
    return {_mm512_dpbf16_ps(sum.v, (__m512bh)_mm512_set1_epi32(both), (__m512bh)_mm512_loadu_si512(right))};
  }
#endif
};

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
