#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "metrics/pattern_power.hpp"
#include "premix/metrics/periodicity.hpp"

namespace premix::metrics {

/// A block of an image, with the same block of the reference. (row, column) orders the blocks of a scene.
template <Real T>
struct ReferencedBlock {
  BlockView<T> image, reference;
  std::int64_t row = 0, column = 0;
};

/// Keeps the flattest blocks of a scene. The blocks may come in any order and grouping; each may come once. Memory: the
/// powers of 1024 blocks, about 32 B bytes each.
class FlatBlocks {
 public:
  /// Measures blocks, on several threads.
  template <Real T>
  void add(const std::vector<ReferencedBlock<T>>& blocks);

  /// Periodicity of the flat blocks so far; empty without blocks.
  std::optional<Periodicity> result() const;

 private:
  static constexpr std::size_t most = 1024;

  struct Block {
    double roughness = 0;
    std::int64_t row = 0, column = 0;
    std::vector<PatternPower> powers = {};  // (B, 2)

    friend bool operator<(const Block& a, const Block& b) {
      return std::tie(a.roughness, a.row, a.column) < std::tie(b.roughness, b.row, b.column);
    }
  };

  bool wants(const Block& block) const { return flattest_.size() < most || block < flattest_.front(); }
  void keep(Block block);

  std::size_t measurable_ = 0;   // number of blocks, also of those that were not kept
  std::vector<Block> flattest_;  // a heap, the roughest first
};

}  // namespace premix::metrics
