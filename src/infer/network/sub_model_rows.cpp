#include "infer/network/sub_model_rows.hpp"

#include <limits>

namespace premix::infer {

template <class S>
SubModelRows<S>::SubModelRows(const PackedSubModel<S>& weights, const SubModelPlace& place, std::optional<Next> next)
    : weights_(weights),
      place_(place),
      ratio_(std::int64_t{1} << weights.transconv_ms.size()),
      bands_(weights.pf_ms.out_channels / 9),
      features_(weights.pf_ms.channels),
      ms_(place.height / ratio_, place.columns.size() / ratio_, bands_),
      pan_(place.height / ratio_, place.columns.size() / ratio_, 1),
      filtered_ms_(place.height, place.columns.size(), bands_),
      filtered_pan_(place.height, place.columns.size(), 1),
      preconv_(weights.preconv, {ms_.height(), ms_.width(), place.at_once / ratio_}),
      image_(place.height, place.columns.size(), bands_),
      next_(next) {
  MapGrowth size{ms_.height(), ms_.width(), place.at_once / ratio_};
  for (const auto& block : weights.emix) emix_.emplace_back(block, size);
  for (std::size_t i = 0; i < weights.transconv_ms.size(); ++i) {
    const MsPan<const PackedConvTranspose<S>*> doubling{&weights.transconv_ms[i], &weights.transconv_pan[i]};
    doubled_.emplace_back(doubling, features_, size);
    size = {2 * size.height, 2 * size.width, 2 * size.at_once};
  }
  if (next)
    for (auto* map : {&sampled_.ms, &sampled_.pan})
      *map = RollingRows<S>(place.height / next->ratio, next->columns.size() / next->ratio, features_);
}

template <class S>
void SubModelRows<S>::push_inputs(ImageRows ms, ImageRows pan, ImageRows plain_pan, std::int64_t count) {
  const std::int64_t begin = ms_.end(), end = begin + count / ratio_;
  const auto sample = [&](ImageRows from, RollingRows<float>& to, std::int64_t channels) {
    to.extend(preconv_.needed(), end);
    if (to.counts_only()) return;
    for (std::int64_t y = begin; y < end; ++y)
      for (std::int64_t x = 0; x < to.width(); ++x)
        std::copy_n(from.first + (y - begin) * ratio_ * from.pitch + x * ratio_ * channels, channels,
                    to.at(y) + x * channels);
  };
  sample(ms, ms_, bands_);
  sample(pan, pan_, 1);
  const std::int64_t first = filtered_pan_.end();
  filtered_pan_.extend(image_.end() - 1, first + count);
  for (std::int64_t y = 0; y < count && !filtered_pan_.counts_only(); ++y)
    std::copy_n(plain_pan.first + y * plain_pan.pitch, filtered_pan_.width(), filtered_pan_.at(first + y));
  filtered_pan_.finish(first + count);
}

template <class S>
void SubModelRows<S>::push_filtered(ImageRows image, std::int64_t count) {
  const std::int64_t first = filtered_ms_.end();
  filtered_ms_.extend(image_.end() - 1, first + count);
  for (std::int64_t y = 0; y < count && !filtered_ms_.counts_only(); ++y)
    std::copy_n(image.first + y * image.pitch, filtered_ms_.width() * bands_, filtered_ms_.at(first + y));
  filtered_ms_.finish(first + count);
}

template <class S>
std::int64_t SubModelRows<S>::next_sample() const {
  constexpr auto none = std::numeric_limits<std::int64_t>::max();
  return !next_ || sampled_.ms.end() == sampled_.ms.height() ? none : sampled_.ms.end() * next_->ratio;
}

template <class S>
void SubModelRows<S>::advance(const SubModelRows* before) {
  std::int64_t rows = ms_.end();
  MsPan<RowsOf<const S>> last{};
  if (before != nullptr) {
    rows = std::min(rows, before->sampled_.ms.end());
    last = {before->sampled_.ms.rows(), before->sampled_.pan.rows()};
  }
  // Each stage reports to the previous one the rows it still needs.
  const std::int64_t at_the_end = std::min(image_.end() - 1, next_sample());
  const auto needed_of = [&](std::size_t block) {
    if (block < emix_.size()) return emix_[block].needed();
    return doubled_.empty() ? at_the_end : doubled_.front().needed();
  };
  preconv_.advance({ms_.rows(), pan_.rows()}, rows, last, needed_of(0));
  RollingRows<S>*ms = &preconv_.ms(), *pan = &preconv_.pan();
  rows = preconv_.end();
  for (std::size_t i = 0; i < emix_.size(); ++i) {
    emix_[i].advance({ms->rows(), pan->rows()}, rows, {}, needed_of(i + 1));
    ms = &emix_[i].ms();
    pan = &emix_[i].pan();
    rows = emix_[i].end();
  }
  for (std::size_t i = 0; i < doubled_.size(); ++i) {
    doubled_[i].advance({ms->rows(), pan->rows()}, rows,
                        i + 1 < doubled_.size() ? doubled_[i + 1].needed() : at_the_end);
    ms = &doubled_[i].ms();
    pan = &doubled_[i].pan();
    rows = doubled_[i].end();
  }
  if (next_) sample(*ms, *pan, rows);
  filter(*ms, *pan, rows);
}

template <class S>
void SubModelRows<S>::sample(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t rows) {
  const std::int64_t ratio = next_->ratio, begin = sampled_.ms.end(),
                     end = std::min(sampled_.ms.height(), (rows + ratio - 1) / ratio);
  const auto take = [&](RollingRows<S>& from, RollingRows<S>& to) {
    to.extend(features_needed_, end);
    if (to.counts_only()) return;
    for (std::int64_t y = begin; y < end; ++y) {
      const S* line = from.at(y * ratio) + (next_->columns.begin - place_.columns.begin) * features_;
      for (std::int64_t x = 0; x < to.width(); ++x)
        std::memcpy(to.at(y) + x * features_, line + x * ratio * features_,
                    static_cast<std::size_t>(features_) * sizeof(S));
    }
  };
  take(ms, sampled_.ms);
  take(pan, sampled_.pan);
}

template <class S>
void SubModelRows<S>::filter(RollingRows<S>& ms, RollingRows<S>& pan, std::int64_t rows) {
  const std::int64_t begin = image_.end(), there = std::min({rows, filtered_ms_.end(), filtered_pan_.end()});
  const std::int64_t end = std::min(after_convolution(there, place_.height), begin + place_.at_once);
  if (end == begin) return;
  image_.extend(image_needed_, end);
  if (!image_.counts_only()) filter_rows(ms, pan, {begin, end});
  image_.finish(end);
}

template <class S>
void SubModelRows<S>::filter_rows(RollingRows<S>& ms, RollingRows<S>& pan, on_cpu::RowRange rows) {
  on_cpu::winograd_filter<S>(
      {.sizes = {1, place_.height, place_.columns.size(), features_, weights_.pf_ms.out_channels},
       .rows = rows,
       .ms = {ms.rows(), weights_.pf_ms.weight.data(), weights_.pf_ms.bias_data(), filtered_ms_.rows()},
       .pan = {pan.rows(), weights_.pf_pan.weight.data(), weights_.pf_pan.bias_data(), filtered_pan_.rows()},
       .y = image_.rows()});
}

template class SubModelRows<float>;
template class SubModelRows<bf16_t>;

}  // namespace premix::infer
