#pragma once

#include <algorithm>
#include <cstring>

#include "cpu/winograd.hpp"
#include "infer/network/packed.hpp"

namespace premix::infer {

/// Sliding window of rows of a map (H, W, C): appends rows below and drops unused rows above. Without reserve() it only
/// counts rows; at() and rows() are then invalid.
template <class S>
class RollingRows {
 public:
  RollingRows() = default;
  RollingRows(std::int64_t height, std::int64_t width, std::int64_t channels)
      : height_(height), width_(width), row_(width * channels) {}

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  std::int64_t end() const { return end_; }              // of the rows in the window
  std::int64_t most_rows() const { return most_rows_; }  // maximum kept at once
  bool counts_only() const { return capacity_ == 0; }

  /// Memory of `rows` rows, bytes.
  std::int64_t bytes(std::int64_t rows) const { return rows * row_ * static_cast<std::int64_t>(sizeof(S)); }
  /// Allocates memory for `rows` rows. extend() reallocates if more are needed.
  void reserve(std::int64_t rows) {
    capacity_ = rows;
    numbers_ = Numbers<S>(rows * row_);
  }

  on_cpu::RowsOf<S> rows() { return {numbers_.data(), first_}; }
  on_cpu::RowsOf<const S> rows() const { return {numbers_.data(), first_}; }
  S* at(std::int64_t row) { return numbers_.data() + (row - first_) * row_; }

  /// Extends the window to `end`; rows before `needed` may be dropped. New rows are uninitialised.
  void extend(std::int64_t needed, std::int64_t end) {
    needed = std::clamp(needed, first_, end_);
    const std::int64_t kept = end_ - needed;
    most_rows_ = std::max(most_rows_, end - needed);
    if (!counts_only()) move_up(needed, kept);
    first_ = needed;
    end_ = std::max(end_, end);
  }

 private:
  void move_up(std::int64_t needed, std::int64_t kept) {
    const auto size = static_cast<std::size_t>(bytes(kept));
    if (most_rows_ > capacity_) {
      Numbers<S> larger(most_rows_ * row_);
      if (kept > 0) std::memcpy(larger.data(), at(needed), size);
      numbers_ = std::move(larger);
      capacity_ = most_rows_;
    } else if (needed > first_ && kept > 0) {
      std::memmove(numbers_.data(), at(needed), size);
    }
  }

  std::int64_t height_ = 0, width_ = 0, row_ = 0, first_ = 0, end_ = 0, most_rows_ = 0, capacity_ = 0;
  Numbers<S> numbers_;
};

/// Result rows of a 3 x 3 convolution available from the first `rows` input rows: a multiple of 4, or all.
inline std::int64_t after_convolution(std::int64_t rows, std::int64_t height) {
  return rows == height ? height : std::max<std::int64_t>(0, (rows - 1) / 4 * 4);
}

/// The same for upsampling by 2.
inline std::int64_t after_doubling(std::int64_t rows, std::int64_t height) {
  return 2 * (rows == height ? height : std::max<std::int64_t>(0, rows - 1));
}

}  // namespace premix::infer
