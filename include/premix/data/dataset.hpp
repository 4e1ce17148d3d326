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

/// The samples of some images of a source, made when asked for and kept as long as they fit the cache: 16 training
/// images of 256 x 256 with 4 bands take 40 MB, and are read and degraded once instead of once an epoch.
class Dataset {
 public:
  Dataset(std::shared_ptr<const PairSource> source, std::vector<std::string> names, Protocol protocol,
          std::size_t cache_bytes = std::size_t{1} << 30);

  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const PairSource& source() const { return *source_; }

  /// Sample index of names(), which shares its numbers with the cache: clone() before writing. May be called from
  /// several threads at once. Throws a data Error where the source does, and for sizes that the network can't take.
  Sample sample(std::size_t index) const;

 private:
  Sample make(std::size_t index) const;

  std::shared_ptr<const PairSource> source_;
  std::vector<std::string> names_;
  Protocol protocol_;
  std::size_t cache_bytes_;
  mutable std::mutex mutex_;
  mutable std::vector<std::optional<Sample>> cached_;  // one for each name
  mutable std::size_t cached_bytes_ = 0;
};

}  // namespace premix
