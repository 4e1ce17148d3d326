#pragma once

#include <optional>
#include <vector>

#include "infer/network/block_rows.hpp"
#include "infer/network/bordered_rows.hpp"
#include "premix/core/axis.hpp"

namespace premix::infer {

/// Where the maps of a sub-model lie in an image, and how they grow.
struct SubModelPlace {
  std::int64_t height;   // of the image
  Span columns;          // multiples of 4
  std::int64_t at_once;  // rows of the full size that a map grows by in one advance(), at most; a multiple of 16
};

/// Rows (rows, width, channels) of an image, from a sub-model's left column on.
struct ImageRows {
  const float* first = nullptr;
  std::int64_t pitch = 0;  // numbers from one row to the next
};

/// A sub-model through which rows pass.
template <class S>
class SubModelRows {
 public:
  /// next: how the sub-model after this one looks at its features. Its columns must lie within these.
  struct Next {
    Span columns;
    std::int64_t ratio;
  };
  SubModelRows(const PackedSubModel<S>& weights, const SubModelPlace& place, std::optional<Next> next);

  /// Calls fn for every map, always in the same order.
  template <class Fn>
  void for_each_map(const Fn& fn) {
    fn(ms_);
    fn(pan_);
    for (BorderedRows* image : {&filtered_ms_, &filtered_pan_, &image_}) image->for_each_map(fn);
    preconv_.for_each_map(fn);
    for (auto& block : emix_) block.for_each_map(fn);
    for (auto& doubling : doubled_) doubling.for_each_map(fn);
    fn(sampled_.ms);
    fn(sampled_.pan);
  }

  std::int64_t left() const { return place_.columns.begin; }
  std::int64_t ratio() const { return ratio_; }

  /// Takes `count` more rows of the images that it sees, of which it samples every ratio-th row and column, and of PAN,
  /// which it filters.
  void push_inputs(ImageRows ms, ImageRows pan, ImageRows plain_pan, std::int64_t count);

  /// Takes `count` more rows of the image that it filters.
  void push_filtered(ImageRows image, std::int64_t count);

  /// Goes as far as its images and the features of the sub-model before allow. before: null for the first.
  void advance(const SubModelRows* before);

  /// Rows of the result that are there. Those before release_before() may go in the next advance().
  std::int64_t end() const { return image_.end(); }
  float* row(std::int64_t y) { return image_.at(y); }
  /// They, from a row and a column of the image on.
  ImageRows result_rows(std::int64_t y, std::int64_t left) {
    if (image_.counts_only()) return {};
    return {row(y) + (left - this->left()) * bands_, (image_.width() + 2) * bands_};
  }
  void release_before(std::int64_t row) { image_needed_ = row; }

  /// The first row of the features of the one before that this one still looks at; the other keeps them.
  std::int64_t last_needed() const { return preconv_.last_needed(); }
  void keep_features(std::int64_t needed) { features_needed_ = needed; }

 private:
  void filter(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t rows);
  void filter_rows(RollingRows<S>& ms, RollingRows<S>& pan, on_cpu::RowRange rows);
  void sample(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t rows);
  std::int64_t next_sample() const;

  const PackedSubModel<S>& weights_;
  SubModelPlace place_;
  std::int64_t ratio_, bands_, features_;
  RollingRows<float> ms_, pan_;  // (h, w, B) and (h, w, 1), at 1 / ratio of the size
  BorderedRows filtered_ms_, filtered_pan_;
  BlockRows<float, S> preconv_;
  std::vector<BlockRows<S, S>> emix_;
  std::vector<DoublingRows<S>> doubled_;
  BorderedRows image_;  // the result
  std::int64_t image_needed_ = 0;

  std::optional<Next> next_;
  MsPan<RollingRows<S>> sampled_;  // as the next one looks at them, (h, w, D)
  std::int64_t features_needed_ = 0;
};

}  // namespace premix::infer
