#pragma once

#include <cstdint>

#include "premix/core/axis.hpp"
#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Four source samples around a coordinate and their weights, which sum to 1. Indices are clamped to the axis and
/// relative to `first_sample`.
template <Real T>
struct BicubicTaps {
  std::int64_t source[4];
  T weight[4];
};

/// Keys' cubic convolution kernel with a = -0.75 (Keys 1981, eq. 4). keys_near: distances from 0 to 1; keys_far: from 1
/// to 2.
PREMIX_HD double keys_near(double v) { return (1.25 * v - 2.25) * v * v + 1; }
PREMIX_HD double keys_far(double v) { return ((-0.75 * v + 3.75) * v - 6) * v + 3; }

template <Real T>
PREMIX_HD BicubicTaps<T> bicubic_taps(AxisMap map, std::int64_t index, std::int64_t size,
                                      std::int64_t first_sample = 0) {
  const double u = map.at(index);
  const std::int64_t truncated = static_cast<std::int64_t>(u);
  const std::int64_t first = u < static_cast<double>(truncated) ? truncated - 1 : truncated;
  const double t = u - static_cast<double>(first);
  BicubicTaps<T> taps = {{}, {T(keys_far(1 + t)), T(keys_near(t)), T(keys_near(1 - t)), T(keys_far(2 - t))}};
  for (int k = 0; k < 4; ++k) {
    const std::int64_t source = first + k - 1;
    taps.source[k] = (source < 0 ? 0 : (source < size ? source : size - 1)) - first_sample;
  }
  return taps;
}

/// Position of a part in a larger image and result. The part is bit-identical to the same region of the whole.
struct BicubicPart {
  std::int64_t top = 0, left = 0;                  // of x in the whole image
  std::int64_t whole_height = 0, whole_width = 0;  // of the whole image; 0: x is the whole
  std::int64_t result_top = 0, result_left = 0;    // of y in the whole result
};

/// y[n, v, u, c] = x[n, ., ., c] interpolated at (rows(v), columns(u)). Edge samples are repeated outside.
template <Real T>
struct BicubicArgs {
  const T* x;  // (N, H, W, C)
  T* y;        // (N, result_height, result_width, C)
  std::int64_t images, height, width, channels;
  std::int64_t result_height, result_width;
  AxisMap rows, columns;
  BicubicPart part = {};

  PREMIX_HD BicubicTaps<T> row_taps(std::int64_t v) const {
    return bicubic_taps<T>(rows, part.result_top + v, part.whole_height > 0 ? part.whole_height : height, part.top);
  }
  PREMIX_HD BicubicTaps<T> column_taps(std::int64_t u) const {
    return bicubic_taps<T>(columns, part.result_left + u, part.whole_width > 0 ? part.whole_width : width, part.left);
  }
};

template <Real T>
PREMIX_HD T weighted_sum(const T (&weight)[4], T a, T b, T c, T d) {
  return weight[0] * a + weight[1] * b + weight[2] * c + weight[3] * d;
}

template <Real T>
void bicubic_sample(Cpu, const BicubicArgs<T>&);
template <Real T>
void bicubic_sample(Cuda, const BicubicArgs<T>&);

}  // namespace premix
