#pragma once

#include "cpu/vector.hpp"

// The one-dimensional transforms of F(4, 3) with the points 0, 3/4, -3/4, 3/2, -3/2 and infinity. Every constant is a power of 3 over a
// power of 2 and exact. With the usual points 0, 1, -1, 2, -2 whole networks come out two to three times less exact.
//
// With d the six samples under four results y of the three weights g:  y = A^T ((G g) * (B^T d)), and in two dimensions the same along
// both. The gradient of g is G^T ((B^T d) * (A d_y)).

namespace premix::on_cpu {

inline constexpr int winograd_out = 4, winograd_in = 6, winograd_points = 36;

/// G.
constexpr double winograd_g[winograd_in][3] = {
    {64.0 / 81, 0, 0},
    {-128.0 / 243, -32.0 / 81, -8.0 / 27},
    {-128.0 / 243, 32.0 / 81, -8.0 / 27},
    {32.0 / 243, 16.0 / 81, 8.0 / 27},
    {32.0 / 243, -16.0 / 81, 8.0 / 27},
    {0, 0, 1},
};

}  // namespace premix::on_cpu

#if defined(__AVX2__)
namespace premix::on_cpu::PREMIX_ISA {

/// Row i of B^T d, i = 0 or 5: from d[i & 1], [i & 1] + 2, + 4.
template <class V>
V input_end(V d0, V d2, V d4) {
  return mul_add(V::all(81.0f / 64), d0, mul_add(V::all(-45.0f / 16), d2, d4));
}

/// Two rows at once: 1 and 2 (point 3/4), or 3 and 4 (point 3/2).
template <class V>
struct Two {
  V plus, minus;
};

template <int pair, class V>
Two<V> input_pair(V d1, V d2, V d3, V d4) {
  const V other = V::all(pair == 0 ? -9.0f / 4 : -9.0f / 16), point = V::all(pair == 0 ? 3.0f / 4 : 3.0f / 2);
  const V even = mul_add(other, d2, d4), odd = mul_add(other, d1, d3);
  return {mul_add(point, odd, even), neg_mul_add(point, odd, even)};
}

/// y = A^T m.
template <class V>
void output_transform(const V (&m)[winograd_in], V (&y)[winograd_out]) {
  const V s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
  y[0] = (m[0] + s1) + s2;
  y[1] = mul_add(V::all(3.0f / 4), d1, V::all(3.0f / 2) * d2);
  y[2] = mul_add(V::all(9.0f / 16), s1, V::all(9.0f / 4) * s2);
  y[3] = mul_add(V::all(27.0f / 64), d1, mul_add(V::all(27.0f / 8), d2, m[5]));
}

/// Two rows of A y at once, as in input_pair. Rows 0 and 5 are y[0] and y[3].
template <int pair, class V>
Two<V> gradient_pair(V y0, V y1, V y2, V y3) {
  constexpr float a = pair == 0 ? 3.0f / 4 : 3.0f / 2;
  const V even = mul_add(V::all(a * a), y2, y0), odd = mul_add(V::all(a * a), y3, y1);
  return {mul_add(V::all(a), odd, even), neg_mul_add(V::all(a), odd, even)};
}

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
