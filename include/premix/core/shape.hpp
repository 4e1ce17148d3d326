#pragma once

#include <cstdint>
#include <ostream>

namespace premix {

/// Batch, rows, columns, channels. Every tensor has these four dimensions and is contiguous, channels fastest.
struct Shape {
  std::int64_t n = 1, h = 1, w = 1, c = 1;

  constexpr std::int64_t size() const { return n * h * w * c; }
  constexpr std::int64_t pixels() const { return n * h * w; }
  constexpr Shape with_channels(std::int64_t channels) const { return {n, h, w, channels}; }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << '(' << shape.n << ", " << shape.h << ", " << shape.w << ", " << shape.c << ')';
}

}  // namespace premix
