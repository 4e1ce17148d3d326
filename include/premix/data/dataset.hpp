#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "premix/data/degrade.hpp"
#include "premix/data/pairs.hpp"

namespace premix {

/// Samples of some images of a source, computed on request and cached while they fit. 16 training images of 256 x 256
/// with 4 bands take 40 MB, and are read and degraded once instead of once per epoch.
class Dataset {
 public:
  Dataset(std::shared_ptr<const PairSource> source, std::vector<std::string> names, Protocol protocol,
          std::size_t cache_bytes = std::size_t{1} << 30);

  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const PairSource& source() const { return *source_; }

  /// Returns the sample of names()[index]. It shares memory with the cache: clone() before writing. Safe to call from
  /// several threads. Throws a data Error if the source does, and for sizes that the network does not support.
  Sample sample(std::size_t index) const;

 private:
  Sample make(std::size_t index) const;

  std::shared_ptr<const PairSource> source_;
  std::vector<std::string> names_;
  Protocol protocol_;
  std::size_t cache_bytes_;
  mutable std::mutex mutex_;
  mutable std::vector<std::optional<Sample>> cached_;  // one per name
  mutable std::size_t cached_bytes_ = 0;
};

}  // namespace premix
