#pragma once

#include "cpu/vector.hpp"

// One-dimensional transforms of F(4, 3) with the points 0, 3/4, -3/4, 3/2, -3/2 and infinity. Every constant is a power
// of 3 over a power of 2, and exact. With the usual points 0, 1, -1, 2, -2 the error of a whole network is two to three
// times larger.
//
// d: six input samples; y: four results; g: three weights. y = A^T ((G g) * (B^T d)); in two dimensions along both
// axes. The gradient of g is G^T ((B^T d) * (A d_y)).

namespace premix::on_cpu {

inline constexpr int winograd_out = 4, winograd_in = 6, winograd_points = 36;

/// The matrix G.
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

/// Two rows of a transform, for a point and its negative.
template <class V>
struct Two {
  V plus, minus;
};

/// B^T d of the samples d under a tile, which begin one sample before it. Rows 0 and 5 are single; rows 1 to 4 are
/// computed in pairs: pair 0 for the points +-3/4, pair 1 for +-3/2.
struct OfInput {
  static constexpr int side = winograd_in, before = 1;

  template <class V>
  static V first(const V (&d)[side]) {
    return end(d[0], d[2], d[4]);
  }
  template <class V>
  static V last(const V (&d)[side]) {
    return end(d[1], d[3], d[5]);
  }
  template <int pair, class V>
  static Two<V> two(const V (&d)[side]) {
    const V other = V::all(pair == 0 ? -9.0f / 4 : -9.0f / 16), point = V::all(pair == 0 ? 3.0f / 4 : 3.0f / 2);
    const V even = mul_add(other, d[2], d[4]), odd = mul_add(other, d[1], d[3]);
    return {mul_add(point, odd, even), neg_mul_add(point, odd, even)};
  }

 private:
  template <class V>
  static V end(V d0, V d2, V d4) {
    return mul_add(V::all(81.0f / 64), d0, mul_add(V::all(-45.0f / 16), d2, d4));
  }
};

/// A y of the gradient y of a tile, with rows as in OfInput.
struct OfGradient {
  static constexpr int side = winograd_out, before = 0;

  template <class V>
  static V first(const V (&y)[side]) {
    return y[0];
  }
  template <class V>
  static V last(const V (&y)[side]) {
    return y[3];
  }
  template <int pair, class V>
  static Two<V> two(const V (&y)[side]) {
    constexpr float a = pair == 0 ? 3.0f / 4 : 3.0f / 2;
    const V even = mul_add(V::all(a * a), y[2], y[0]), odd = mul_add(V::all(a * a), y[3], y[1]);
    return {mul_add(V::all(a), odd, even), neg_mul_add(V::all(a), odd, even)};
  }
};

/// y = A^T m.
template <class V>
void output_transform(const V (&m)[winograd_in], V (&y)[winograd_out]) {
  const V s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
  y[0] = (m[0] + s1) + s2;
  y[1] = mul_add(V::all(3.0f / 4), d1, V::all(3.0f / 2) * d2);
  y[2] = mul_add(V::all(9.0f / 16), s1, V::all(9.0f / 4) * s2);
  y[3] = mul_add(V::all(27.0f / 64), d1, mul_add(V::all(27.0f / 8), d2, m[5]));
}

}  // namespace premix::on_cpu::PREMIX_ISA
#endif
