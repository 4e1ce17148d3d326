#pragma once

#include <algorithm>
#include <cstring>

#include "cpu/winograd.hpp"
#include "infer/network/packed.hpp"

namespace premix::infer {

/// Some rows of a map (H, W, C), which move down: new ones are made below, and those that nobody needs any more are
/// dropped above. Without reserve() the rows are counted only: at() and rows() must not be used.
template <class S>
class RollingRows {
 public:
  RollingRows() = default;
  RollingRows(std::int64_t height, std::int64_t width, std::int64_t channels)
      : height_(height), width_(width), row_(width * channels) {}

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  std::int64_t end() const { return end_; }              // of the rows that are there
  std::int64_t most_rows() const { return most_rows_; }  // that were kept at once
  bool counts_only() const { return capacity_ == 0; }

  /// Bytes of memory for so many rows.
  std::int64_t bytes(std::int64_t rows) const { return rows * row_ * static_cast<std::int64_t>(sizeof(S)); }
  /// Takes memory for the rows that are kept at once. More of them still get theirs, by a copy.
  void reserve(std::int64_t rows) {
    capacity_ = rows;
    numbers_ = Numbers<S>(rows * row_);
  }

  on_cpu::RowsOf<S> rows() { return {numbers_.data(), first_}; }
  on_cpu::RowsOf<const S> rows() const { return {numbers_.data(), first_}; }
  S* at(std::int64_t row) { return numbers_.data() + (row - first_) * row_; }

  /// Makes room for the rows up to end; those before `needed` may go. What the new ones hold is undefined.
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

/// Rows of a 3 x 3 convolution's result that can be made from the first `rows` of its input: a multiple of 4, or all.
inline std::int64_t after_convolution(std::int64_t rows, std::int64_t height) {
  return rows == height ? height : std::max<std::int64_t>(0, (rows - 1) / 4 * 4);
}

/// The same for a doubling.
inline std::int64_t after_doubling(std::int64_t rows, std::int64_t height) {
  return 2 * (rows == height ? height : std::max<std::int64_t>(0, rows - 1));
}

}  // namespace premix::infer
