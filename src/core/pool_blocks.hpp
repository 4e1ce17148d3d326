#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "core/pool.hpp"

namespace premix::core {

/// Blocks of the CPU's pool by size, to tell in advance how much memory they take. The pool rounds sizes up and keeps
/// freed blocks: two users of one size that never meet share a block, two of different sizes never do.
class PoolBlocks {
 public:
  PoolBlocks() = default;
  explicit PoolBlocks(std::int64_t bytes, std::int64_t count = 1) { add(bytes, count); }

  PoolBlocks& add(std::int64_t bytes, std::int64_t count = 1) {
    if (bytes > 0 && count > 0) counts_[block_size(bytes)] += count;
    return *this;
  }

  /// Of users that hold their blocks at the same time.
  friend PoolBlocks operator+(PoolBlocks a, const PoolBlocks& b) {
    for (const auto& [size, count] : b.counts_) a.counts_[size] += count;
    return a;
  }

  /// Of users one after the other.
  friend PoolBlocks operator|(PoolBlocks a, const PoolBlocks& b) {
    for (const auto& [size, count] : b.counts_) a.counts_[size] = std::max(a.counts_[size], count);
    return a;
  }

  friend PoolBlocks operator*(std::int64_t times, PoolBlocks a) {
    for (auto& [size, count] : a.counts_) count *= times;
    return a;
  }

  std::int64_t bytes() const {
    std::int64_t sum = 0;
    for (const auto& [size, count] : counts_) sum += size * count;
    return sum;
  }

 private:
  static std::int64_t block_size(std::int64_t bytes) {
    return static_cast<std::int64_t>(block_bytes(static_cast<std::size_t>(bytes)));
  }

  std::map<std::int64_t, std::int64_t> counts_;  // blocks of each size
};

}  // namespace premix::core
