#pragma once

#include <algorithm>
#include <cstdint>

#include "premix/core/scalar.hpp"

namespace premix {

/// Indices begin .. end - 1 along one axis. end >= begin.
struct Span {
  std::int64_t begin = 0, end = 0;

  constexpr std::int64_t size() const { return end - begin; }
  constexpr bool empty() const { return begin >= end; }
  constexpr bool contains(std::int64_t index) const { return begin <= index && index < end; }

  /// The same indices counted from `first`.
  constexpr Span from(std::int64_t first) const { return {begin - first, end - first}; }

  /// Indices in both spans; an empty span if there are none.
  constexpr Span intersection(Span other) const {
    const std::int64_t first = std::max(begin, other.begin);
    return {first, std::max(first, std::min(end, other.end))};
  }

  /// Smallest span that holds both spans. Neither may be empty.
  constexpr Span joined(Span other) const { return {std::min(begin, other.begin), std::max(end, other.end)}; }

  friend constexpr bool operator==(const Span&, const Span&) = default;
};

/// Linear map from the samples of a result to the samples of a source along one axis: source = result * scale + offset.
/// Sample i is centred at i. A negative scale flips the axis.
struct AxisMap {
  double scale = 1, offset = 0;

  /// Place in the source of a place in the result.
  template <class Number>
  PREMIX_HD double at(Number result) const {
    return static_cast<double>(result) * scale + offset;
  }

  /// Place in the result of a place in the source.
  template <class Number>
  PREMIX_HD double inverse(Number source) const {
    return (static_cast<double>(source) - offset) / scale;
  }

  /// The same map with result samples counted from `first`.
  template <class Number>
  PREMIX_HD AxisMap with_result_from(Number first) const {
    return {scale, offset + scale * static_cast<double>(first)};
  }

  /// The same map with source samples counted from `first`.
  PREMIX_HD AxisMap with_source_from(std::int64_t first) const { return {scale, offset - static_cast<double>(first)}; }
};

/// The map of samples `step` source samples long. `start`: the outer border of the first one, as a distance from the
/// outer border of the first source sample.
PREMIX_HD AxisMap map_from_border(double step, double start = 0) { return {step, 0.5 * step + start - 0.5}; }

/// The map between axes with the same outer borders.
PREMIX_HD AxisMap map_matching_borders(std::int64_t source, std::int64_t result) {
  return map_from_border(static_cast<double>(source) / static_cast<double>(result));
}

/// The map between axes with the same centres of first and last samples. result = 1: the centre of the first.
PREMIX_HD AxisMap map_matching_centres(std::int64_t source, std::int64_t result) {
  return {result > 1 ? static_cast<double>(source - 1) / static_cast<double>(result - 1) : 0.0, 0.0};
}

}  // namespace premix
