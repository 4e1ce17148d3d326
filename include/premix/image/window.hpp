#pragma once

#include <cstdint>

#include "premix/core/axis.hpp"
#include "premix/core/tensor.hpp"

namespace premix {

/// A rectangle of pixels: the product of a span of rows and a span of columns.
struct Window {
  std::int64_t top = 0, left = 0, height = 0, width = 0;

  static constexpr Window of(Span rows, Span columns) {
    return {rows.begin, columns.begin, rows.size(), columns.size()};
  }
  constexpr Span rows() const { return {top, top + height}; }
  constexpr Span columns() const { return {left, left + width}; }

  constexpr bool empty() const { return height <= 0 || width <= 0; }
  constexpr std::int64_t pixels() const { return height * width; }

  /// The same pixels with rows counted from `row` and columns from `column`.
  constexpr Window from(std::int64_t row, std::int64_t column) const {
    return of(rows().from(row), columns().from(column));
  }

  /// Pixels in both windows; an empty window if there are none.
  constexpr Window intersection(const Window& other) const {
    return of(rows().intersection(other.rows()), columns().intersection(other.columns()));
  }

  /// Smallest window that holds both windows. Neither may be empty.
  constexpr Window joined(const Window& other) const {
    return of(rows().joined(other.rows()), columns().joined(other.columns()));
  }

  friend constexpr bool operator==(const Window&, const Window&) = default;
};

/// The pixels of x (N, H, W, C) in the window, copied -> (N, height, width, C). Throws where the window is empty or
/// leaves the image.
template <Real T>
Tensor<T> crop(const Tensor<T>& x, const Window& window);

/// x (N, H, W, C) continued below and to the right by its reflection, without repeating the edge -> (N, height, width,
/// C). H <= height < 2 * H, and so for the width: a reflection goes no further.
template <Real T>
Tensor<T> pad_by_reflection(const Tensor<T>& x, std::int64_t height, std::int64_t width);

}  // namespace premix
