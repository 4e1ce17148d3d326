#pragma once

#include <cstdint>

#include "premix/kernels/clahe.hpp"

// Formulas of contrast equalisation.

namespace premix::kernels {

/// Clips a value to [0, 1]; NaN gives 0.
template <Real T>
PREMIX_HD T clipped_to_unit(T v) {
  return v > T(0) ? (v < T(1) ? v : T(1)) : T(0);
}

/// Histogram bin of a value, and the table entry it looks up. They differ: bins are 1/256 wide, table entries 1/255.
template <Real T>
PREMIX_HD std::int32_t clahe_bin(T v) {
  const auto bin = static_cast<std::int32_t>(clipped_to_unit(v) * T(256));
  return bin < clahe_levels ? bin : clahe_levels - 1;
}
template <Real T>
PREMIX_HD std::int32_t clahe_index(T v) {
  return static_cast<std::int32_t>(clipped_to_unit(v) * T(255));
}

/// Returns the share of bin i in the counts above the limit. All bins get the same, and the first bins one more each
/// for the remainder.
PREMIX_HD std::int64_t clahe_share(std::int64_t excess, int i) {
  return excess / clahe_levels + (i < excess % clahe_levels ? 1 : 0);
}

/// Returns the table entry of a cumulative count. The product is rounded to T before truncation, which matters if the
/// exact value is an integer.
template <Real T>
PREMIX_HD std::uint8_t clahe_entry(std::int64_t cumulative, T scale) {
  const T level = T(cumulative) * scale;
  return static_cast<std::uint8_t>(level < T(255) ? level : T(255));
}

/// Writes the table (256) of a cell with the histogram counts (256).
template <Real T>
void write_clahe_table(const std::int32_t* counts, std::int64_t limit, T scale, std::uint8_t* table) {
  std::int64_t excess = 0;
  for (int i = 0; i < clahe_levels; ++i) excess += counts[i] > limit ? counts[i] - limit : 0;
  std::int64_t cumulative = 0;
  for (int i = 0; i < clahe_levels; ++i) {
    cumulative += (counts[i] < limit ? counts[i] : limit) + clahe_share(excess, i);
    table[i] = clahe_entry(cumulative, scale);
  }
}

/// Returns the index of the two cells around a pixel along one axis. Pair p is the cells p - 1 and p. In the half cell
/// at the image border, pairs 0 and `cells` are the outermost cell twice.
PREMIX_HD std::int64_t clahe_pair(std::int64_t position, std::int64_t cell_size) {
  return (position / (cell_size / 2) + 1) / 2;
}

/// Returns the weight of the first cell of a pair. It falls from exactly 1 to exactly 0 over the cell_size pixels
/// between the cell centres.
template <Real T>
PREMIX_HD T clahe_weight(std::int64_t position, std::int64_t cell_size) {
  const std::int64_t step = (position + cell_size / 2) % cell_size;
  return T(cell_size - 1 - step) / T(cell_size - 1);
}

/// Returns the equalised value in [0, 1]: the weighted entries of the four cells around a pixel. row_weight applies to
/// the upper two cells, column_weight to the left two.
template <Real T>
PREMIX_HD T clahe_blend(T upper_left, T upper_right, T lower_left, T lower_right, T row_weight, T column_weight) {
  const T upper = upper_right + column_weight * (upper_left - upper_right);
  const T lower = lower_right + column_weight * (lower_left - lower_right);
  return (lower + row_weight * (upper - lower)) / T(255);
}

}  // namespace premix::kernels
