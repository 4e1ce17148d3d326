#pragma once

#include "infer/network/rolling_rows.hpp"

namespace premix::infer {

/// Rows of an image (H, W, C) with a reflected border of one pixel: (H + 2, W + 2, C).
class BorderedRows {
 public:
  BorderedRows(std::int64_t height, std::int64_t width, std::int64_t channels)
      : height_(height), width_(width), channels_(channels), rows_(height + 2, width + 2, channels) {}

  std::int64_t width() const { return width_; }
  std::int64_t end() const { return end_; }  // of the finished rows
  on_cpu::RowsOf<float> rows() { return rows_.rows(); }
  /// First pixel of a row.
  float* at(std::int64_t row) { return rows_.at(row + 1) + channels_; }

  /// Extends the window to `end`; rows before `needed` may be dropped.
  void extend(std::int64_t needed, std::int64_t end) { rows_.extend(needed + 1, end == height_ ? end + 2 : end + 1); }

  /// Calls fn for the underlying map.
  template <class Fn>
  void for_each_map(const Fn& fn) {
    fn(rows_);
  }
  bool counts_only() const { return rows_.counts_only(); }

  /// Fills the border along the rows up to `end`, which the caller has written.
  void finish(std::int64_t end) {
    if (counts_only()) end_ = std::max(end_, end);
    const auto copy_row = [&](std::int64_t to, std::int64_t from) {
      std::copy_n(at(from) - channels_, (width_ + 2) * channels_, at(to) - channels_);
    };
    for (; end_ < end; ++end_) {
      float* line = at(end_);
      std::copy_n(line + channels_, channels_, line - channels_);
      std::copy_n(line + (width_ - 2) * channels_, channels_, line + width_ * channels_);
      if (end_ == 1) copy_row(-1, 1);
      if (end_ + 1 == height_) copy_row(height_, height_ - 2);
    }
  }

 private:
  std::int64_t height_, width_, channels_, end_ = 0;
  RollingRows<float> rows_;
};

}  // namespace premix::infer
