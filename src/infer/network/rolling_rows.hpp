#pragma once

#include <algorithm>
#include <cstring>

#include "cpu/winograd.hpp"
#include "infer/network/packed.hpp"

namespace premix::infer {

/// Some rows of a map (H, W, C), which move down: new ones are made below, and those that nobody needs any more are
/// dropped above.
template <class S>
class RollingRows {
 public:
  RollingRows() : RollingRows(0, 0, 0) {}
  RollingRows(std::int64_t height, std::int64_t width, std::int64_t channels)
      : height_(height), width_(width), row_(width * channels), numbers_(0) {}

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  std::int64_t end() const { return end_; }  // of the rows that are there

  on_cpu::RowsOf<S> rows() { return {numbers_.data(), first_}; }
  on_cpu::RowsOf<const S> rows() const { return {numbers_.data(), first_}; }
  S* at(std::int64_t row) { return numbers_.data() + (row - first_) * row_; }

  /// Makes room for the rows up to end; those before `needed` may go. What the new ones hold is undefined.
  void extend(std::int64_t needed, std::int64_t end) {
    needed = std::clamp(needed, first_, end_);
    const std::int64_t kept = end_ - needed;
    if (end - needed > capacity_) {
      // A later step keeps a few rows more than the first; what waits for others may become many more.
      capacity_ = std::min(height_, std::max(end - needed + 8, capacity_ * 5 / 4));
      Numbers<S> larger(capacity_ * row_);
      std::memcpy(larger.data(), at(needed), bytes(kept));
      numbers_ = std::move(larger);
    } else if (needed > first_) {
      std::memmove(numbers_.data(), at(needed), bytes(kept));
    }
    first_ = needed;
    end_ = std::max(end_, end);
  }

 private:
  std::size_t bytes(std::int64_t rows) const { return static_cast<std::size_t>(rows * row_) * sizeof(S); }

  std::int64_t height_, width_, row_, first_ = 0, end_ = 0, capacity_ = 0;
  Numbers<S> numbers_;
};

/// Rows of a 3 x 3 convolution's result that can be made from the first `rows` of its input: a multiple of 4, or all.
inline std::int64_t after_convolution(std::int64_t rows, std::int64_t height) {
  return rows == height ? height : std::max<std::int64_t>(0, (rows - 1) / 4 * 4);
}

/// The same for a doubling.
inline std::int64_t after_doubling(std::int64_t rows, std::int64_t height) {
  return 2 * (rows == height ? height : std::max<std::int64_t>(0, rows - 1));
}

}  // namespace premix::infer
