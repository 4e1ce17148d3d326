#pragma once

#include "infer/network/rolling_rows.hpp"

// Parts of a sub-model through which rows pass: each map keeps what the next convolution still needs.

namespace premix::infer {

using on_cpu::RowsOf;
using on_cpu::WinogradSizes;

/// A mixing block: rows of its inputs go in, rows of features come out.
template <class First, class S>
class BlockRows {
 public:
  /// at_once: rows that a map grows by in one advance(), at most; a multiple of 4.
  BlockRows(const PackedBlock<First, S>& weights, std::int64_t height, std::int64_t width, std::int64_t at_once)
      : weights_(weights), height_(height), width_(width), at_once_(at_once), features_(weights.ms.conv.out_channels) {
    for (auto* map : {&first_ms_, &first_pan_, &hidden_ms_, &hidden_pan_, &ms_, &pan_, &hidden_mask_})
      *map = RollingRows<S>(height, width, features_);
  }

  RollingRows<S>& ms() { return ms_; }
  RollingRows<S>& pan() { return pan_; }
  /// Rows of both that are finished.
  std::int64_t end() const { return weights_.mixing ? mixed_ : ms_.end(); }

  /// The first row of the inputs that is still looked at, and of what is added to the result.
  std::int64_t needed() const { return first_made_ - 1; }
  std::int64_t last_needed() const { return end(); }

  /// `rows` rows of the inputs are there, and as many of last, which is added to the result and may be empty. needed:
  /// the first row of the result that is still looked at.
  void advance(RowsOf<const First> in_ms, RowsOf<const First> in_pan, std::int64_t rows,
               const MsPan<RowsOf<const S>>& last, std::int64_t needed) {
    const auto& w = weights_;
    const std::int64_t mixed_before = end(), hidden = hidden_ms_.end(), residual = ms_.end(), mask = hidden_mask_.end();
    extend(first_ms_, first_pan_, std::min(hidden - 1, residual), next_end(rows, first_ms_.end()));
    convolve<First>({&w.ms.conv, &w.pan.conv}, {in_ms, in_pan}, {&first_ms_, &first_pan_}, first_made_, {}, {}, true);
    extend(hidden_ms_, hidden_pan_, residual - 1, next_end(first_ms_.end(), hidden));
    convolve<S>({&w.ms.conv1, &w.pan.conv1}, {first_ms_.rows(), first_pan_.rows()}, {&hidden_ms_, &hidden_pan_},
                hidden_made_, {}, {}, true);
    extend(ms_, pan_, std::min({w.mixing ? mask - 1 : needed, mixed_before, needed}),
           next_end(hidden_ms_.end(), residual));
    convolve<S>({&w.ms.conv2, &w.pan.conv2}, {hidden_ms_.rows(), hidden_pan_.rows()}, {&ms_, &pan_}, made_,
                {first_ms_.rows(), first_pan_.rows()}, w.mixing ? MsPan<RowsOf<const S>>{} : last, false);
    if (w.mixing) mix(last);
  }

 private:
  // Where a convolution's result ends after this advance(): before, it did at `end`.
  std::int64_t next_end(std::int64_t rows, std::int64_t end) const {
    return std::min(after_convolution(rows, height_), end + at_once_);
  }

  static void extend(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t needed, std::int64_t end) {
    ms.extend(needed, end);
    pan.extend(needed, end);
  }

  // One convolution of both streams, for the rows that are new.
  template <class In>
  void convolve(MsPan<const PackedConv<In>*> weights, MsPan<RowsOf<const In>> x, MsPan<RollingRows<S>*> y,
                std::int64_t& made, MsPan<RowsOf<const S>> residual, MsPan<RowsOf<const S>> last, bool relu) {
    const std::int64_t end = y.ms->end();
    if (end == made) return;
    const auto args = [&](const PackedConv<In>& w, RowsOf<const In> from, RollingRows<S>& to, RowsOf<const S> add,
                          RowsOf<const S> more) {
      return on_cpu::WinogradArgs<In, S>{.sizes = sizes(w),
                                         .rows = {made, end},
                                         .x = from,
                                         .weight = w.weight.data(),
                                         .bias = w.bias_data(),
                                         .add = {add, more},
                                         .relu = relu,
                                         .y = to.rows()};
    };
    const auto ms = args(*weights.ms, x.ms, *y.ms, residual.ms, last.ms),
               pan = args(*weights.pan, x.pan, *y.pan, residual.pan, last.pan);
    if (weights.ms->channels == weights.pan->channels) {
      on_cpu::winograd_forward<In, S>({ms, pan});
    } else {
      on_cpu::winograd_forward<In, S>({ms});
      on_cpu::winograd_forward<In, S>({pan});
    }
    made = end;
  }

  void mix(const MsPan<RowsOf<const S>>& last) {
    const PackedMixing<S>& w = *weights_.mixing;
    const std::int64_t mask = hidden_mask_.end();
    hidden_mask_.extend(mixed_ - 1, next_end(ms_.end(), mask));
    if (hidden_mask_.end() > mask)
      on_cpu::winograd_forward<S, S>({{.sizes = sizes(w.conv1),
                                       .rows = {mask, hidden_mask_.end()},
                                       .x = ms_.rows(),
                                       .x_add = pan_.rows(),
                                       .weight = w.conv1.weight.data(),
                                       .relu = true,
                                       .y = hidden_mask_.rows()}});
    const std::int64_t end = next_end(hidden_mask_.end(), mixed_);
    if (end == mixed_) return;
    on_cpu::winograd_mix<S>({.sizes = sizes(w.conv2),
                             .rows = {mixed_, end},
                             .x = hidden_mask_.rows(),
                             .weight = w.conv2.weight.data(),
                             .ms = ms_.rows(),
                             .pan = pan_.rows(),
                             .add_ms = last.ms,
                             .add_pan = last.pan,
                             .activation = w.activation,
                             .kind = w.kind,
                             .beta = w.beta});
    mixed_ = end;
  }

  template <class In>
  WinogradSizes sizes(const PackedConv<In>& conv) const {
    return {1, height_, width_, conv.channels, conv.out_channels};
  }

  const PackedBlock<First, S>& weights_;
  std::int64_t height_, width_, at_once_, features_;
  RollingRows<S> first_ms_, first_pan_, hidden_ms_, hidden_pan_, ms_, pan_, hidden_mask_;
  std::int64_t first_made_ = 0, hidden_made_ = 0, made_ = 0, mixed_ = 0;
};

/// A doubling of both streams.
template <class S>
class DoublingRows {
 public:
  /// at_once: rows of the input that are doubled in one advance(), at most.
  DoublingRows(const PackedConvTranspose<S>& ms, const PackedConvTranspose<S>& pan, std::int64_t height,
               std::int64_t width, std::int64_t at_once, std::int64_t features)
      : ms_weight_(ms),
        pan_weight_(pan),
        height_(height),
        width_(width),
        at_once_(at_once),
        features_(features),
        ms_(2 * height, 2 * width, features),
        pan_(2 * height, 2 * width, features) {}

  RollingRows<S>& ms() { return ms_; }
  RollingRows<S>& pan() { return pan_; }
  std::int64_t end() const { return ms_.end(); }
  /// The first row of the input that is still looked at.
  std::int64_t needed() const { return done_; }

  void advance(RowsOf<const S> ms, RowsOf<const S> pan, std::int64_t rows, std::int64_t needed) {
    const std::int64_t end = std::min(after_doubling(rows, height_), 2 * (done_ + at_once_));
    ms_.extend(needed, end);
    pan_.extend(needed, end);
    if (end == 2 * done_) return;
    const WinogradSizes sizes{1, height_, width_, features_, features_};
    on_cpu::conv_transpose_forward<S>(
        {sizes, {done_, end / 2}, ms, ms_weight_.weight.data(), ms_weight_.bias.data(), ms_.rows()});
    on_cpu::conv_transpose_forward<S>(
        {sizes, {done_, end / 2}, pan, pan_weight_.weight.data(), pan_weight_.bias.data(), pan_.rows()});
    done_ = end / 2;
  }

 private:
  const PackedConvTranspose<S>&ms_weight_, &pan_weight_;
  std::int64_t height_, width_, at_once_, features_, done_ = 0;
  RollingRows<S> ms_, pan_;
};

}  // namespace premix::infer
