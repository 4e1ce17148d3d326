#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace premix::metrics {

/// Angle between two spectra in radians; NaN if one of them is zero.
template <class P, class T>
double spectral_angle(const P* p, const T* t, std::int64_t bands) {
  double dot = 0, squares_p = 0, squares_t = 0;
  for (std::int64_t c = 0; c < bands; ++c) {
    const double a = static_cast<double>(p[c]), b = static_cast<double>(t[c]);
    dot += a * b;
    squares_p += a * a;
    squares_t += b * b;
  }
  return std::acos(std::clamp(dot / (std::sqrt(squares_p) * std::sqrt(squares_t)), -1.0, 1.0));
}

}  // namespace premix::metrics
