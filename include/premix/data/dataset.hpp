#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "premix/data/degrade.hpp"
#include "premix/data/pairs.hpp"

namespace premix {

struct DatasetOptions {
  Protocol protocol = Protocol::reduced;
  ReduceOptions reduce = {};
  std::size_t cache_bytes = std::size_t{1} << 30;
};

/// Samples of some images of a source, computed on request and cached while they fit. 16 training images of 256 x 256
/// with 4 bands take 40 MB, and are read and degraded once instead of once per epoch.
class Dataset {
 public:
  Dataset(std::shared_ptr<const PairSource> source, std::vector<std::string> names, DatasetOptions options);
  Dataset(std::shared_ptr<const PairSource> source, std::vector<std::string> names, Protocol protocol)
      : Dataset(std::move(source), std::move(names), DatasetOptions{.protocol = protocol}) {}

  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  const PairSource& source() const { return *source_; }
  const DatasetOptions& options() const { return options_; }

  /// PAN pixels along one MS pixel in the samples.
  int ratio() const;

  /// Returns the sample of names()[index]. It shares memory with the cache: clone() before writing. Safe to call from
  /// several threads. Throws a data Error if the source does, and for sizes that the network does not support.
  Sample sample(std::size_t index) const;

 private:
  Sample make(std::size_t index) const;

  std::shared_ptr<const PairSource> source_;
  std::vector<std::string> names_;
  DatasetOptions options_;
  mutable std::mutex mutex_;
  mutable std::vector<std::optional<Sample>> cached_;  // one per name
  mutable std::size_t cached_bytes_ = 0;
};

}  // namespace premix
