#pragma once

#include "cpu/predictive_filter.hpp"

// Rows of taps in memory order. The K taps of a row for all B bands are K B contiguous numbers, as are the K image
// pixels that they multiply. A row fills one or two registers of sixteen floats. One register per tap would be a
// quarter full.

namespace premix::on_cpu::PREMIX_ISA {

#if defined(__AVX512F__) && defined(__AVX512DQ__)

template <Real T, int K, int B>
inline constexpr bool has_tap_rows = std::is_same_v<T, float>&& K > 0 && (B == 4 || B == 8);

/// One row of K taps for B bands, 4 or 8. Lane i of register r belongs to tap (16 r + i) / B and band i % B.
template <int K, int B>
struct TapRow {
  static constexpr int numbers = K * B, registers = (numbers + 15) / 16;
  __m512 v[registers];

  /// Loads a row. Lanes beyond it are zero; memory beyond it is not read.
  [[gnu::always_inline]] static TapRow load(const float* from) {
    TapRow row;
#pragma GCC unroll 4
    for (int r = 0; r < registers; ++r)
      row.v[r] = lanes(r) == 16 ? _mm512_loadu_ps(from + 16 * r) : _mm512_maskz_loadu_ps(mask(r), from + 16 * r);
    return row;
  }
  /// Stores a row and nothing beyond it. The last register is stored in parts, which is faster than a masked store.
  [[gnu::always_inline]] void store(float* to) const {
#pragma GCC unroll 4
    for (int r = 0; r < registers; ++r, to += 16) {
      if (lanes(r) == 16) _mm512_storeu_ps(to, v[r]);
      if (lanes(r) == 8 || lanes(r) == 12) _mm256_storeu_ps(to, _mm512_castps512_ps256(v[r]));
      if (lanes(r) == 12) _mm_storeu_ps(to + 8, _mm512_extractf32x4_ps(v[r], 2));
      if (lanes(r) == 4) _mm_storeu_ps(to, _mm512_castps512_ps128(v[r]));
    }
  }
  /// Repeats B numbers for every tap.
  [[gnu::always_inline]] static __m512 for_each_tap(const float* from) {
    if constexpr (B == 4)
      return _mm512_broadcast_f32x4(_mm_loadu_ps(from));
    else
      return _mm512_broadcast_f32x8(_mm256_loadu_ps(from));
  }

 private:
  static constexpr int lanes(int r) { return numbers - 16 * r < 16 ? numbers - 16 * r : 16; }
  static constexpr __mmask16 mask(int r) { return static_cast<__mmask16>((1 << lanes(r)) - 1); }
};

/// to (B) = sums over the taps.
template <int B>
[[gnu::always_inline]] inline void store_sum_over_taps(__m512 v, float* to) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  if constexpr (B == 8)
    _mm256_storeu_ps(to, eight);
  else
    _mm_storeu_ps(to, _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1)));
}

/// sums[0] + sums[1] += the filters (K, K, B) of one pixel applied to the K image rows, with the first tap at `offset`.
template <int K, int B>
[[gnu::always_inline]] inline void add_filtered_rows(const float* filters, const float* const* rows,
                                                     std::int64_t offset, __m512 (&sums)[2]) {
  using Row = TapRow<K, B>;
#pragma GCC unroll 8
  for (int dy = 0; dy < K; ++dy) {
    const Row taps = Row::load(filters + dy * Row::numbers), image = Row::load(rows[dy] + offset);
#pragma GCC unroll 4
    for (int r = 0; r < Row::registers; ++r) sums[dy % 2] = _mm512_fmadd_ps(taps.v[r], image.v[r], sums[dy % 2]);
  }
}

/// filter_gradients by rows.
template <int K, int B>
inline void filter_gradient_rows(const float* d_y, const Pointers<K, const float*>& rows, std::int64_t first,
                                 std::int64_t last, float* to) {
  using Row = TapRow<K, B>;
  for (std::int64_t x = first; x < last; ++x, to += K * Row::numbers) {
    const __m512 d = Row::for_each_tap(d_y + x * B);
#pragma GCC unroll 8
    for (int dy = 0; dy < K; ++dy) {
      Row row = Row::load(rows[dy] + x * B);
#pragma GCC unroll 4
      for (int r = 0; r < Row::registers; ++r) row.v[r] = _mm512_mul_ps(row.v[r], d);
      row.store(to + dy * Row::numbers);
    }
  }
}

/// image_gradients by rows. The sums of columns x .. x + K - 1 shift by one column per pixel. The first sum is then
/// complete.
template <int K, int B>
inline void image_gradient_rows(const float* filters, const float* d_y, std::int64_t first, std::int64_t last,
                                const Pointers<K, float*>& lines) {
  using Row = TapRow<K, B>;
  Row sums[K];
#pragma GCC unroll 8
  for (int dy = 0; dy < K; ++dy)
#pragma GCC unroll 4
    for (int r = 0; r < Row::registers; ++r) sums[dy].v[r] = _mm512_setzero_ps();
  for (std::int64_t x = first; x < last; ++x) {
    const __m512 d = Row::for_each_tap(d_y + x * B);
#pragma GCC unroll 8
    for (int dy = 0; dy < K; ++dy) {
      const Row taps = Row::load(filters + (x * K + dy) * Row::numbers);
      auto& v = sums[dy].v;
#pragma GCC unroll 4
      for (int r = 0; r < Row::registers; ++r) v[r] = _mm512_fmadd_ps(taps.v[r], d, v[r]);
      float* column = lines[dy] + x * B;
      if constexpr (B == 4)
        _mm_storeu_ps(column, _mm_add_ps(_mm_loadu_ps(column), _mm512_castps512_ps128(v[0])));
      else
        _mm256_storeu_ps(column, _mm256_add_ps(_mm256_loadu_ps(column), _mm512_castps512_ps256(v[0])));
#pragma GCC unroll 4
      for (int r = 0; r < Row::registers; ++r)
        v[r] = _mm512_castsi512_ps(
            _mm512_alignr_epi32(r + 1 < Row::registers ? _mm512_castps_si512(v[r + 1]) : _mm512_setzero_si512(),
                                _mm512_castps_si512(v[r]), B));
    }
  }
  // The K - 1 columns after the last pixel: (K - 1) B numbers.
  using Rest = TapRow<K - 1, B>;
#pragma GCC unroll 8
  for (int dy = 0; dy < K; ++dy) {
    Rest line = Rest::load(lines[dy] + last * B);
#pragma GCC unroll 4
    for (int r = 0; r < Rest::registers; ++r) line.v[r] = _mm512_add_ps(line.v[r], sums[dy].v[r]);
    line.store(lines[dy] + last * B);
  }
}

#else

template <Real T, int K, int B>
inline constexpr bool has_tap_rows = false;

#endif

}  // namespace premix::on_cpu::PREMIX_ISA
