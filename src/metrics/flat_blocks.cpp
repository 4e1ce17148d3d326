#include "metrics/flat_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "premix/core/parallel.hpp"

namespace premix::metrics {
namespace {

constexpr std::size_t flat_share = 4;  // one block of four

struct PowerSum {
  double at_2 = 0, near_2 = 0, at_4 = 0, near_4 = 0;

  void add(const PatternPower& power) {
    at_2 += static_cast<double>(power.at_2);
    near_2 += static_cast<double>(power.near_2);
    at_4 += static_cast<double>(power.at_4);
    near_4 += static_cast<double>(power.near_4);
  }
};

}  // namespace

template <Real T>
void FlatBlocks::add(const std::vector<ReferencedBlock<T>>& blocks) {
  std::vector<std::optional<Block>> measured(blocks.size());
  parallel_for(static_cast<std::int64_t>(blocks.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const auto& [image, reference, row, column] = blocks[i];
      Block block{roughness(reference), row, column};
      if (!std::isfinite(block.roughness) || !is_measurable(image)) continue;
      if (wants(block)) block.powers = pattern_powers(image);
      measured[i] = std::move(block);
    }
  });
  for (std::optional<Block>& block : measured)
    if (block) keep(std::move(*block));
}

void FlatBlocks::keep(Block block) {
  ++measurable_;
  if (!wants(block)) return;
  if (flattest_.size() == most) {
    std::pop_heap(flattest_.begin(), flattest_.end());
    flattest_.pop_back();
  }
  flattest_.push_back(std::move(block));
  std::push_heap(flattest_.begin(), flattest_.end());
}

std::optional<Periodicity> FlatBlocks::result() const {
  if (flattest_.empty()) return std::nullopt;
  std::vector<Block> flat = flattest_;
  std::sort(flat.begin(), flat.end());
  flat.resize(std::min(flat.size(), (measurable_ + flat_share - 1) / flat_share));

  std::vector<PowerSum> sums(flat.front().powers.size());
  for (const Block& block : flat)
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add(block.powers[i]);
  Periodicity result;
  for (const PowerSum& sum : sums)
    if (sum.near_2 > 0 && sum.near_4 > 0) {
      result.period_2 = std::max(result.period_2, sum.at_2 / sum.near_2);
      result.period_4 = std::max(result.period_4, sum.at_4 / sum.near_4);
    }
  return result;
}

template void FlatBlocks::add(const std::vector<ReferencedBlock<float>>&);
template void FlatBlocks::add(const std::vector<ReferencedBlock<double>>&);

}  // namespace premix::metrics
