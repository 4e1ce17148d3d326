#pragma once

#include <cstdint>

#include "premix/core/axis.hpp"
#include "premix/core/tensor.hpp"

namespace premix {

/// Rectangle of pixels: a span of rows times a span of columns.
struct Window {
  std::int64_t top = 0, left = 0, height = 0, width = 0;

  static constexpr Window of(Span rows, Span columns) {
    return {rows.begin, columns.begin, rows.size(), columns.size()};
  }
  constexpr Span rows() const { return {top, top + height}; }
  constexpr Span columns() const { return {left, left + width}; }

  constexpr bool empty() const { return height <= 0 || width <= 0; }
  constexpr std::int64_t pixels() const { return height * width; }

  /// Returns the same pixels in coordinates relative to (row, column).
  constexpr Window from(std::int64_t row, std::int64_t column) const {
    return of(rows().from(row), columns().from(column));
  }

  /// Returns the pixels in both windows; an empty window if there are none.
  constexpr Window intersection(const Window& other) const {
    return of(rows().intersection(other.rows()), columns().intersection(other.columns()));
  }

  /// Returns the smallest window that contains both. Neither may be empty.
  constexpr Window joined(const Window& other) const {
    return of(rows().joined(other.rows()), columns().joined(other.columns()));
  }

  friend constexpr bool operator==(const Window&, const Window&) = default;
};

/// Copies the pixels of x (N, H, W, C) in the window -> (N, height, width, C). Throws if the window is empty or exceeds
/// the image.
template <Real T>
Tensor<T> crop(const Tensor<T>& x, const Window& window);

/// Extends x (N, H, W, C) below and to the right by reflection, without repeating the edge -> (N, height, width, C).
/// Requires H <= height < 2 * H, and the same for the width.
template <Real T>
Tensor<T> pad_by_reflection(const Tensor<T>& x, std::int64_t height, std::int64_t width);

}  // namespace premix
