#pragma once

#include "infer/network/rolling_rows.hpp"

// Streaming parts of a sub-model. Each map keeps the rows that the next convolution still needs.

namespace premix::infer {

using on_cpu::RowsOf;
using on_cpu::WinogradSizes;

/// Size of a map, and its maximum growth per advance(), rows.
struct MapGrowth {
  std::int64_t height, width, at_once;
};

/// Streams rows of inputs through a mixing block, to rows of features.
template <class First, class S>
class BlockRows {
 public:
  /// size.at_once: a multiple of 4.
  BlockRows(const PackedBlock<First, S>& weights, const MapGrowth& size)
      : weights_(weights), size_(size), features_(weights.ms.conv.out_channels) {
    for (auto* map : {&first_ms_, &first_pan_, &hidden_ms_, &hidden_pan_, &ms_, &pan_, &hidden_mask_})
      *map = RollingRows<S>(size.height, size.width, features_);
  }

  RollingRows<S>& ms() { return ms_; }
  RollingRows<S>& pan() { return pan_; }
  /// Calls fn for every map, in a fixed order.
  template <class Fn>
  void for_each_map(const Fn& fn) {
    for (auto* map : {&first_ms_, &first_pan_, &hidden_ms_, &hidden_pan_, &ms_, &pan_, &hidden_mask_}) fn(*map);
  }
  /// End of the finished rows of both.
  std::int64_t end() const { return weights_.mixing ? mixed_ : ms_.end(); }

  /// First row still in use: of the inputs; last_needed(): of the features added to the result.
  std::int64_t needed() const { return first_made_ - 1; }
  std::int64_t last_needed() const { return end(); }

  /// Computes all rows that `rows` input rows allow. last: `rows` rows of features to add to the result, or empty.
  /// needed: first result row still in use.
  void advance(const MsPan<RowsOf<const First>>& in, std::int64_t rows, const MsPan<RowsOf<const S>>& last,
               std::int64_t needed) {
    const auto& w = weights_;
    const std::int64_t mixed_before = end(), hidden = hidden_ms_.end(), residual = ms_.end(), mask = hidden_mask_.end();
    extend(first_ms_, first_pan_, std::min(hidden - 1, residual), next_end(rows, first_ms_.end()));
    convolve<First>({.weights = {&w.ms.conv, &w.pan.conv},
                     .x = in,
                     .y = {&first_ms_, &first_pan_},
                     .made = first_made_,
                     .relu = true});
    extend(hidden_ms_, hidden_pan_, residual - 1, next_end(first_ms_.end(), hidden));
    convolve<S>({.weights = {&w.ms.conv1, &w.pan.conv1},
                 .x = {first_ms_.rows(), first_pan_.rows()},
                 .y = {&hidden_ms_, &hidden_pan_},
                 .made = hidden_made_,
                 .relu = true});
    extend(ms_, pan_, std::min({w.mixing ? mask - 1 : needed, mixed_before, needed}),
           next_end(hidden_ms_.end(), residual));
    convolve<S>({.weights = {&w.ms.conv2, &w.pan.conv2},
                 .x = {hidden_ms_.rows(), hidden_pan_.rows()},
                 .y = {&ms_, &pan_},
                 .made = made_,
                 .residual = {first_ms_.rows(), first_pan_.rows()},
                 .last = w.mixing ? MsPan<RowsOf<const S>>{} : last});
    if (w.mixing) mix(last);
  }

 private:
  // New end of a convolution's result; `end` is the old one.
  std::int64_t next_end(std::int64_t rows, std::int64_t end) const {
    return std::min(after_convolution(rows, size_.height), end + size_.at_once);
  }

  static void extend(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t needed, std::int64_t end) {
    ms.extend(needed, end);
    pan.extend(needed, end);
  }

  // A convolution of both streams. residual and last are added to its result.
  template <class In>
  struct Convolution {
    MsPan<const PackedConv<In>*> weights;
    MsPan<RowsOf<const In>> x;
    MsPan<RollingRows<S>*> y;
    std::int64_t& made;  // rows of y computed so far
    MsPan<RowsOf<const S>> residual = {}, last = {};
    bool relu = false;
  };

  // Computes the new rows of y.
  template <class In>
  void convolve(const Convolution<In>& c) {
    const on_cpu::RowRange fresh = {c.made, c.y.ms->end()};
    c.made = fresh.end;
    if (fresh.begin == fresh.end || c.y.ms->counts_only()) return;
    const auto args = [&](const PackedConv<In>* w, const RowsOf<const In>& x, RollingRows<S>* y,
                          const RowsOf<const S>& residual, const RowsOf<const S>& last) {
      return on_cpu::WinogradArgs<In, S>{.sizes = sizes(*w),
                                         .rows = fresh,
                                         .x = x,
                                         .weight = w->weight.data(),
                                         .bias = w->bias_data(),
                                         .add = {residual, last},
                                         .relu = c.relu,
                                         .y = y->rows()};
    };
    const auto [ms, pan] = c.weights.map(args, c.x, c.y, c.residual, c.last);
    if (c.weights.ms->channels == c.weights.pan->channels) {
      on_cpu::winograd_forward<In, S>({ms, pan});
    } else {
      on_cpu::winograd_forward<In, S>({ms});
      on_cpu::winograd_forward<In, S>({pan});
    }
  }

  void mix(const MsPan<RowsOf<const S>>& last) {
    const PackedMixing<S>& w = *weights_.mixing;
    const std::int64_t mask = hidden_mask_.end();
    hidden_mask_.extend(mixed_ - 1, next_end(ms_.end(), mask));
    if (hidden_mask_.end() > mask && !hidden_mask_.counts_only())
      on_cpu::winograd_forward<S, S>({{.sizes = sizes(w.conv1),
                                       .rows = {mask, hidden_mask_.end()},
                                       .x = ms_.rows(),
                                       .x_add = pan_.rows(),
                                       .weight = w.conv1.weight.data(),
                                       .relu = true,
                                       .y = hidden_mask_.rows()}});
    const on_cpu::RowRange fresh = {mixed_, next_end(hidden_mask_.end(), mixed_)};
    mixed_ = fresh.end;
    if (fresh.begin == fresh.end || ms_.counts_only()) return;
    on_cpu::winograd_mix<S>({.sizes = sizes(w.conv2),
                             .rows = fresh,
                             .x = hidden_mask_.rows(),
                             .weight = w.conv2.weight.data(),
                             .ms = ms_.rows(),
                             .pan = pan_.rows(),
                             .add_ms = last.ms,
                             .add_pan = last.pan,
                             .activation = w.activation,
                             .kind = w.kind,
                             .beta = w.beta});
  }

  template <class In>
  WinogradSizes sizes(const PackedConv<In>& conv) const {
    return {1, size_.height, size_.width, conv.channels, conv.out_channels};
  }

  const PackedBlock<First, S>& weights_;
  MapGrowth size_;
  std::int64_t features_;
  RollingRows<S> first_ms_, first_pan_, hidden_ms_, hidden_pan_, ms_, pan_, hidden_mask_;
  std::int64_t first_made_ = 0, hidden_made_ = 0, made_ = 0, mixed_ = 0;
};

/// Upsampling of both streams by 2. Sizes are input sizes.
template <class S>
class DoublingRows {
 public:
  DoublingRows(const MsPan<const PackedConvTranspose<S>*>& weights, std::int64_t features, const MapGrowth& size)
      : weights_(weights),
        size_(size),
        features_(features),
        ms_(2 * size.height, 2 * size.width, features),
        pan_(2 * size.height, 2 * size.width, features) {}

  RollingRows<S>& ms() { return ms_; }
  RollingRows<S>& pan() { return pan_; }
  template <class Fn>
  void for_each_map(const Fn& fn) {
    fn(ms_);
    fn(pan_);
  }
  std::int64_t end() const { return ms_.end(); }
  /// First input row still in use.
  std::int64_t needed() const { return done_; }

  void advance(const MsPan<RowsOf<const S>>& in, std::int64_t rows, std::int64_t needed) {
    const std::int64_t end = std::min(after_doubling(rows, size_.height), 2 * (done_ + size_.at_once));
    ms_.extend(needed, end);
    pan_.extend(needed, end);
    const on_cpu::RowRange fresh = {done_, end / 2};
    done_ = fresh.end;
    if (fresh.begin == fresh.end || ms_.counts_only()) return;
    const WinogradSizes sizes{1, size_.height, size_.width, features_, features_};
    const auto stream = [&](const PackedConvTranspose<S>& w, const RowsOf<const S>& x, RollingRows<S>& y) {
      on_cpu::conv_transpose_forward<S>({sizes, fresh, x, w.weight.data(), w.bias.data(), y.rows()});
    };
    stream(*weights_.ms, in.ms, ms_);
    stream(*weights_.pan, in.pan, pan_);
  }

 private:
  MsPan<const PackedConvTranspose<S>*> weights_;
  MapGrowth size_;
  std::int64_t features_, done_ = 0;
  RollingRows<S> ms_, pan_;
};

}  // namespace premix::infer
