#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix::metrics {

/// A block of an image: pixel (y, x) of band c is first[y * row + x * channels + c].
template <Real T>
struct BlockView {
  const T* first;
  std::int64_t row, channels;
};

/// Powers of one band along one axis, averaged over the block's lines: at the frequencies of the patterns and in their
/// neighbourhoods, as Periodicity defines them.
struct PatternPower {
  float at_2 = 0, near_2 = 0, at_4 = 0, near_4 = 0;
};

/// Whether all pixels are finite and not all are equal.
template <Real T>
bool is_measurable(const BlockView<T>& block);

/// Mean square of the second differences along rows and columns, all channels; NaN or infinite with such pixels.
template <Real T>
double roughness(const BlockView<T>& block);

/// Powers of each band along its columns and its rows: (B, 2).
template <Real T>
std::vector<PatternPower> pattern_powers(const BlockView<T>& block);

}  // namespace premix::metrics
