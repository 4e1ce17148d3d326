#include "infer/sub_model_rows.hpp"

#include <limits>

namespace premix::infer {
namespace {

using on_cpu::RowsOf;
using on_cpu::WinogradSizes;

// A mixing block: rows of its inputs go in, rows of features come out. Each map keeps what the next convolution still needs.
template <class First, class S>
class BlockRows {
 public:
  BlockRows(const PackedBlock<First, S>& weights, std::int64_t height, std::int64_t width)
      : weights_(weights), height_(height), width_(width), features_(weights.ms.conv.out_channels) {
    for (auto* map : {&first_ms_, &first_pan_, &hidden_ms_, &hidden_pan_, &ms_, &pan_, &hidden_mask_})
      *map = RollingRows<S>(height, width, features_);
  }

  RollingRows<S>& ms() { return ms_; }
  RollingRows<S>& pan() { return pan_; }
  /// Rows of both that are finished.
  std::int64_t end() const { return weights_.mixing ? mixed_ : ms_.end(); }

  /// The first row of the inputs that is still looked at.
  std::int64_t needed() const { return first_made_ - 1; }

  /// `rows` rows of the inputs are there. last: added to the result, whole maps or empty. needed: the first row of the result that is
  /// still looked at.
  void advance(RowsOf<const First> in_ms, RowsOf<const First> in_pan, std::int64_t rows, const FeatureMaps<S>* last, std::int64_t needed) {
    const auto& w = weights_;
    const std::int64_t mixed_before = end(), from = hidden_ms_.end(), to = after_convolution(rows, height_);
    const std::int64_t residual = ms_.end(), mask = hidden_mask_.end();
    extend(first_ms_, first_pan_, std::min(from - 1, residual), to);
    convolve<First>({&w.ms.conv, &w.pan.conv}, {in_ms, in_pan}, {&first_ms_, &first_pan_}, first_made_, {}, {}, true);
    extend(hidden_ms_, hidden_pan_, residual - 1, after_convolution(first_ms_.end(), height_));
    convolve<S>({&w.ms.conv1, &w.pan.conv1}, {first_ms_.rows(), first_pan_.rows()}, {&hidden_ms_, &hidden_pan_}, hidden_made_, {}, {},
                true);
    extend(ms_, pan_, std::min({w.mixing ? mask - 1 : needed, mixed_before, needed}), after_convolution(hidden_ms_.end(), height_));
    const bool add_here = last != nullptr && !w.mixing;
    convolve<S>({&w.ms.conv2, &w.pan.conv2}, {hidden_ms_.rows(), hidden_pan_.rows()}, {&ms_, &pan_}, made_,
                {first_ms_.rows(), first_pan_.rows()}, {add_here ? last->ms.rows() : none(), add_here ? last->pan.rows() : none()}, false);
    if (w.mixing) mix(last);
  }

 private:
  template <class T>
  struct Both {
    T ms, pan;
  };

  static RowsOf<const S> none() { return {}; }

  static void extend(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t needed, std::int64_t end) {
    ms.extend(needed, end), pan.extend(needed, end);
  }

  // One convolution of both streams, for the rows that are new.
  template <class In>
  void convolve(Both<const PackedConv<In>*> weights, Both<RowsOf<const In>> x, Both<RollingRows<S>*> y, std::int64_t& made,
                Both<RowsOf<const S>> residual, Both<RowsOf<const S>> last, bool relu) {
    const std::int64_t end = y.ms->end();
    if (end == made) return;
    const auto args = [&](const PackedConv<In>& w, RowsOf<const In> from, RollingRows<S>& to, RowsOf<const S> add, RowsOf<const S> more) {
      return on_cpu::WinogradArgs<In, S>{.sizes = sizes(w),
                                         .rows = {made, end},
                                         .x = from,
                                         .weight = w.weight.data(),
                                         .bias = w.bias_data(),
                                         .add = {add, more},
                                         .relu = relu,
                                         .y = to.rows()};
    };
    const auto ms = args(*weights.ms, x.ms, *y.ms, residual.ms, last.ms), pan = args(*weights.pan, x.pan, *y.pan, residual.pan, last.pan);
    if (weights.ms->channels == weights.pan->channels) {
      on_cpu::winograd_forward<In, S>({ms, pan});
    } else {
      on_cpu::winograd_forward<In, S>({ms});
      on_cpu::winograd_forward<In, S>({pan});
    }
    made = end;
  }

  void mix(const FeatureMaps<S>* last) {
    const PackedMixing<S>& w = *weights_.mixing;
    const std::int64_t mask = hidden_mask_.end();
    hidden_mask_.extend(mixed_ - 1, after_convolution(ms_.end(), height_));
    if (hidden_mask_.end() > mask)
      on_cpu::winograd_forward<S, S>({{.sizes = sizes(w.conv1),
                                       .rows = {mask, hidden_mask_.end()},
                                       .x = ms_.rows(),
                                       .x_add = pan_.rows(),
                                       .weight = w.conv1.weight.data(),
                                       .relu = true,
                                       .y = hidden_mask_.rows()}});
    const std::int64_t end = after_convolution(hidden_mask_.end(), height_);
    if (end == mixed_) return;
    on_cpu::winograd_mix<S>({.sizes = sizes(w.conv2),
                             .rows = {mixed_, end},
                             .x = hidden_mask_.rows(),
                             .weight = w.conv2.weight.data(),
                             .ms = ms_.rows(),
                             .pan = pan_.rows(),
                             .add_ms = last != nullptr ? last->ms.rows() : none(),
                             .add_pan = last != nullptr ? last->pan.rows() : none(),
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
  std::int64_t height_, width_, features_;
  RollingRows<S> first_ms_{0, 0, 0}, first_pan_{0, 0, 0}, hidden_ms_{0, 0, 0}, hidden_pan_{0, 0, 0}, ms_{0, 0, 0}, pan_{0, 0, 0},
      hidden_mask_{0, 0, 0};
  std::int64_t first_made_ = 0, hidden_made_ = 0, made_ = 0, mixed_ = 0;
};

// A doubling of both streams.
template <class S>
class DoublingRows {
 public:
  DoublingRows(const PackedConvTranspose<S>& ms, const PackedConvTranspose<S>& pan, std::int64_t height, std::int64_t width,
               std::int64_t features)
      : ms_weight_(ms),
        pan_weight_(pan),
        height_(height),
        width_(width),
        features_(features),
        ms_(2 * height, 2 * width, features),
        pan_(2 * height, 2 * width, features) {}

  RollingRows<S>& ms() { return ms_; }
  RollingRows<S>& pan() { return pan_; }
  std::int64_t end() const { return ms_.end(); }
  /// The first row of the input that is still looked at.
  std::int64_t needed() const { return done_; }

  void advance(RowsOf<const S> ms, RowsOf<const S> pan, std::int64_t rows, std::int64_t needed) {
    const std::int64_t end = after_doubling(rows, height_);
    ms_.extend(needed, end), pan_.extend(needed, end);
    if (end == 2 * done_) return;
    const WinogradSizes sizes{1, height_, width_, features_, features_};
    on_cpu::conv_transpose_forward<S>({sizes, {done_, end / 2}, ms, ms_weight_.weight.data(), ms_weight_.bias.data(), ms_.rows()});
    on_cpu::conv_transpose_forward<S>({sizes, {done_, end / 2}, pan, pan_weight_.weight.data(), pan_weight_.bias.data(), pan_.rows()});
    done_ = end / 2;
  }

 private:
  const PackedConvTranspose<S>&ms_weight_, &pan_weight_;
  std::int64_t height_, width_, features_, done_ = 0;
  RollingRows<S> ms_, pan_;
};

// Takes every sampling-th row and column of features as their rows are finished.
template <class S>
class Sampler {
 public:
  Sampler(std::int64_t height, std::int64_t width, std::int64_t features, std::int64_t sampling)
      : features_(features), sampling_(sampling) {
    if (sampling == 0) return;
    map_.height = height / sampling, map_.width = width / sampling;
    map_.numbers.emplace(map_.height * map_.width * features);
  }

  void take(RollingRows<S>& from, std::int64_t end) {
    if (sampling_ == 0) return;
    const std::int64_t last = std::min(map_.height, (end + sampling_ - 1) / sampling_);
    for (; taken_ < last; ++taken_)
      for (std::int64_t x = 0; x < map_.width; ++x)
        std::memcpy(map_.numbers->data() + (taken_ * map_.width + x) * features_, from.at(taken_ * sampling_) + x * sampling_ * features_,
                    static_cast<std::size_t>(features_) * sizeof(S));
  }

  /// The first row of the features that is still to be taken.
  std::int64_t needed() const {
    return sampling_ == 0 || taken_ == map_.height ? std::numeric_limits<std::int64_t>::max() : taken_ * sampling_;
  }
  Map<S> result() { return std::move(map_); }

 private:
  std::int64_t features_, sampling_, taken_ = 0;
  Map<S> map_;
};

// Rows of the features that are made at once. Fewer would move more of the rows that are kept; more would cost memory and win no time.
std::int64_t rows_at_once(std::int64_t width, std::int64_t features, std::size_t size) {
  constexpr std::int64_t bytes = std::int64_t{4} << 20;
  return std::max<std::int64_t>(8, bytes / (width * features * static_cast<std::int64_t>(size)) / 4 * 4);
}

}  // namespace

void reflect_border(float* image, std::int64_t height, std::int64_t width, std::int64_t channels) {
  const std::int64_t row = (width + 2) * channels;
  for (std::int64_t y = 1; y <= height; ++y) {
    float* line = image + y * row;
    std::copy_n(line + 2 * channels, channels, line);
    std::copy_n(line + (width - 1) * channels, channels, line + (width + 1) * channels);
  }
  std::copy_n(image + 2 * row, row, image);
  std::copy_n(image + (height - 1) * row, row, image + (height + 1) * row);
}

template <class S>
FeatureMaps<S> run_sub_model(const PackedSubModel<S>& model, SubModelMaps<S> maps) {
  const std::int64_t features = model.pf_ms.channels, bands = model.pf_ms.out_channels / 9;
  const std::int64_t doublings = static_cast<std::int64_t>(model.transconv_ms.size());
  const std::int64_t height = maps.height << doublings, width = maps.width << doublings;
  BlockRows<float, S> preconv(model.preconv, maps.height, maps.width);
  std::vector<BlockRows<S, S>> emix;
  for (const auto& block : model.emix) emix.emplace_back(block, maps.height, maps.width);
  std::vector<DoublingRows<S>> doubled;
  for (std::int64_t i = 0; i < doublings; ++i)
    doubled.emplace_back(model.transconv_ms[static_cast<std::size_t>(i)], model.transconv_pan[static_cast<std::size_t>(i)],
                         maps.height << i, maps.width << i, features);
  Sampler<S> sampled_ms(height, width, features, maps.sampling), sampled_pan(height, width, features, maps.sampling);
  const FeatureMaps<S>* last = maps.last.ms.numbers ? &maps.last : nullptr;

  std::int64_t filtered = 0;
  const std::int64_t step = std::max<std::int64_t>(4, rows_at_once(width, features, sizeof(S)) >> doublings);
  for (std::int64_t rows = 0; filtered < height;) {
    rows = std::min(maps.height, rows + step);
    const std::int64_t filter_needs = std::min({filtered - 1, sampled_ms.needed(), sampled_pan.needed()});
    // Each stage tells the one before it what it still needs.
    const auto needed_of = [&](std::size_t block) {
      if (block < emix.size()) return emix[block].needed();
      return doubled.empty() ? filter_needs : doubled.front().needed();
    };
    preconv.advance(maps.ms, maps.pan, rows, last, needed_of(0));
    RollingRows<S>*ms = &preconv.ms(), *pan = &preconv.pan();
    std::int64_t there = preconv.end();
    for (std::size_t i = 0; i < emix.size(); ++i) {
      emix[i].advance(ms->rows(), pan->rows(), there, nullptr, needed_of(i + 1));
      ms = &emix[i].ms(), pan = &emix[i].pan(), there = emix[i].end();
    }
    for (std::size_t i = 0; i < doubled.size(); ++i) {
      doubled[i].advance(ms->rows(), pan->rows(), there, i + 1 < doubled.size() ? doubled[i + 1].needed() : filter_needs);
      ms = &doubled[i].ms(), pan = &doubled[i].pan(), there = doubled[i].end();
    }
    sampled_ms.take(*ms, there), sampled_pan.take(*pan, there);
    const std::int64_t end = after_convolution(there, height);
    if (end == filtered) continue;
    on_cpu::winograd_filter<S>({.sizes = {1, height, width, features, 9 * bands},
                                .rows = {filtered, end},
                                .ms = {ms->rows(), model.pf_ms.weight.data(), model.pf_ms.bias_data(), maps.image},
                                .pan = {pan->rows(), model.pf_pan.weight.data(), model.pf_pan.bias_data(), maps.filtered_pan},
                                .y = maps.result});
    filtered = end;
  }
  reflect_border(maps.result, height, width, bands);
  return {sampled_ms.result(), sampled_pan.result()};
}

template FeatureMaps<float> run_sub_model(const PackedSubModel<float>&, SubModelMaps<float>);
template FeatureMaps<bf16_t> run_sub_model(const PackedSubModel<bf16_t>&, SubModelMaps<bf16_t>);

}  // namespace premix::infer
