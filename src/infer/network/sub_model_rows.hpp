#pragma once

#include <optional>
#include <vector>

#include "infer/network/block_rows.hpp"
#include "infer/network/bordered_rows.hpp"
#include "premix/core/axis.hpp"

namespace premix::infer {

/// Position of a sub-model's maps in an image, and their growth.
struct SubModelPlace {
  std::int64_t height;   // of the image
  Span columns;          // multiples of 4
  std::int64_t at_once;  // maximum growth of a map per advance(), full-size rows; a multiple of 16
};

/// Rows (rows, width, channels) of an image, from a sub-model's left column.
struct ImageRows {
  const float* first = nullptr;
  std::int64_t pitch = 0;  // elements between rows
};

/// Streams rows through a sub-model.
template <class S>
class SubModelRows {
 public:
  /// How the next sub-model samples the features of this one. Its columns must be within this one's.
  struct Next {
    Span columns;
    std::int64_t ratio;
  };
  SubModelRows(const PackedSubModel<S>& weights, const SubModelPlace& place, std::optional<Next> next);

  /// Calls fn for every map, in a fixed order.
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

  /// Pushes `count` rows of the input images, of which every ratio-th row and column is used, and of the PAN to filter.
  void push_inputs(ImageRows ms, ImageRows pan, ImageRows plain_pan, std::int64_t count);

  /// Pushes `count` rows of the MS image to filter.
  void push_filtered(ImageRows image, std::int64_t count);

  /// Computes all rows that the images and the features of the previous sub-model allow. before: null for the first.
  void advance(const SubModelRows* before);

  /// End of the result rows. The next advance() may drop rows before release_before().
  std::int64_t end() const { return image_.end(); }
  float* row(std::int64_t y) { return image_.at(y); }
  /// The rows from a row and a column of the image on.
  ImageRows result_rows(std::int64_t y, std::int64_t left) {
    if (image_.counts_only()) return {};
    return {row(y) + (left - this->left()) * bands_, (image_.width() + 2) * bands_};
  }
  void release_before(std::int64_t row) { image_needed_ = row; }

  /// First feature row of the previous sub-model still in use here; the previous one keeps it.
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
  RollingRows<float> ms_, pan_;  // (h, w, B) and (h, w, 1), at 1 / ratio of full size
  BorderedRows filtered_ms_, filtered_pan_;
  BlockRows<float, S> preconv_;
  std::vector<BlockRows<S, S>> emix_;
  std::vector<DoublingRows<S>> doubled_;
  BorderedRows image_;  // the result
  std::int64_t image_needed_ = 0;

  std::optional<Next> next_;
  MsPan<RollingRows<S>> sampled_;  // features as sampled by the next one, (h, w, D)
  std::int64_t features_needed_ = 0;
};

}  // namespace premix::infer
