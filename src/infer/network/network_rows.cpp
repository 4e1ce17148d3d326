#include "infer/network/network_rows.hpp"

namespace premix::infer {
namespace {

// Wanted columns extended by reach. Maps begin at Winograd tiles of the quarter-size maps.
Span widened(Span wanted, std::int64_t reach, Span most) {
  constexpr std::int64_t tile = 16;
  return {std::max(most.begin, (wanted.begin - reach) / tile * tile - (wanted.begin < reach ? tile : 0)),
          std::min(most.end, (wanted.end + reach + tile - 1) / tile * tile)};
}

}  // namespace

Device device_of(const PreMix<float>& model) { return parameters(model).front().device(); }

bool runs_by_rows(const PreMix<float>& model) {
  const PreMixConfig& c = model.config;
  return c.kernel_size == 3 && c.pf_kernel == 3 && c.embed_dim % 8 == 0 && on_cpu::winograd_available() &&
         device_of(model) == cpu();
}

template <class S>
PackedNetwork<S>::PackedNetwork(const PreMix<float>& model)
    : reach(sub_model_reach(model)), warm_up(network_warm_up(model)) {
  for (const SubModelStep step : sub_model_order) sub_models.emplace_back(model.sub_model(step));
}

template <class S>
Span columns_seen(const PackedNetwork<S>& network, Span wanted, std::int64_t width) {
  return widened(wanted, network.reach.front(), {0, width});
}

template <class S>
NetworkRows<S>::NetworkRows(const PackedNetwork<S>& network, const Strip& strip)
    : NetworkRows(network, strip, Rehearsal{}) {
  NetworkRows counted(network, strip, Rehearsal{});
  counted.rehearse();
  std::vector<std::int64_t> most;
  counted.for_each_map([&](const auto& map) { most.push_back(map.most_rows()); });
  std::size_t next = 0;
  for_each_map([&](auto& map) { map.reserve(most[next++]); });
}

template <class S>
PoolBlocks NetworkRows<S>::blocks(const PackedNetwork<S>& network, const Strip& strip) {
  NetworkRows counted(network, strip, Rehearsal{});
  counted.rehearse();
  PoolBlocks blocks;
  counted.for_each_map([&](const auto& map) { blocks.add(map.bytes(map.most_rows())); });
  return blocks;
}

template <class S>
void NetworkRows<S>::rehearse() {
  while (finished_ < strip_.height) {
    push({});
    release_before(finished_);
  }
}

template <class S>
template <class Fn>
void NetworkRows<S>::for_each_map(const Fn& fn) {
  for (auto& model : sub_models_) model.for_each_map(fn);
  fn(added_);
  fn(result_);
}

template <class S>
NetworkRows<S>::NetworkRows(const PackedNetwork<S>& network, const Strip& strip, Rehearsal)
    : strip_(strip),
      bands_(network.sub_models.front().pf_ms.out_channels / 9),
      added_(strip.height, strip.wanted.size(), bands_),
      result_(strip.height, strip.wanted.size(), bands_) {
  const auto columns_of = [&](std::size_t i) { return widened(strip.wanted, network.reach[i], strip.seen); };
  for (std::size_t i = 0; i < sub_model_order.size(); ++i) {
    std::optional<typename SubModelRows<S>::Next> next;
    if (i + 1 < sub_model_order.size()) next = {columns_of(i + 1), sub_model_order[i + 1].ratio()};
    sub_models_.emplace_back(network.sub_models[i], SubModelPlace{strip.height, columns_of(i), strip.at_once}, next);
  }
}

template <class S>
void NetworkRows<S>::push_inputs(const BranchRows& rows) {
  const std::int64_t count = next_count(), width = strip_.seen.size();
  const auto from_column = [&](const float* image, std::int64_t channels, std::int64_t left) {
    if (image == nullptr) return ImageRows{};
    return ImageRows{image + (left - strip_.seen.begin) * channels, width * channels};
  };
  for (std::size_t i = 0; i < sub_model_order.size(); ++i) {
    const std::int64_t left = sub_models_[i].left();
    const auto [ms, pan] = rows[sub_model_order[i].branch];
    sub_models_[i].push_inputs(from_column(ms, bands_, left), from_column(pan, 1, left),
                               from_column(rows.plain.pan, 1, left), count);
  }
  sub_models_.front().push_filtered(from_column(rows.plain.ms, bands_, sub_models_.front().left()), count);
  const ImageRows ms = from_column(rows.plain.ms, bands_, strip_.wanted.begin);
  added_.extend(finished_, pushed_ + count);
  for (std::int64_t y = 0; y < count && !added_.counts_only(); ++y)
    std::copy_n(ms.first + y * ms.pitch, added_.width() * bands_, added_.at(pushed_ + y));
  pushed_ += count;
}

template <class S>
void NetworkRows<S>::advance() {
  for (std::size_t i = 0; i < sub_model_order.size(); ++i) {
    SubModelRows<S>& model = sub_models_[i];
    SubModelRows<S>* next = i + 1 < sub_model_order.size() ? &sub_models_[i + 1] : nullptr;
    const std::int64_t begin = model.end();
    model.release_before(begin);
    if (next != nullptr) model.keep_features(next->last_needed());
    model.advance(i == 0 ? nullptr : &sub_models_[i - 1]);
    if (next == nullptr || model.end() == begin) continue;
    next->push_filtered(model.result_rows(begin, next->left()), model.end() - begin);
  }
}

template <class S>
void NetworkRows<S>::finish() {
  SubModelRows<S>& last = sub_models_.back();
  const std::int64_t offset = (strip_.wanted.begin - last.left()) * bands_;
  result_.extend(taken_, last.end());
  if (result_.counts_only()) finished_ = last.end();
  for (; finished_ < last.end(); ++finished_) {
    const float *from = last.row(finished_) + offset, *add = added_.at(finished_);
    float* to = result_.at(finished_);
    for (std::int64_t x = 0; x < result_.width() * bands_; ++x) to[x] = from[x] + add[x];
  }
}

template <class S>
void NetworkRows<S>::push(const BranchRows& rows) {
  if (next_count() > 0) push_inputs(rows);
  advance();
  finish();
}

std::int64_t rows_at_once(std::int64_t width, std::int64_t features, std::size_t size) {
  constexpr std::int64_t bytes = std::int64_t{4} << 20;
  return std::max<std::int64_t>(16, bytes / (width * features * static_cast<std::int64_t>(size)) / 16 * 16);
}

template struct PackedNetwork<float>;
template struct PackedNetwork<bf16_t>;
template Span columns_seen(const PackedNetwork<float>&, Span, std::int64_t);
template Span columns_seen(const PackedNetwork<bf16_t>&, Span, std::int64_t);
template class NetworkRows<float>;
template class NetworkRows<bf16_t>;

}  // namespace premix::infer
