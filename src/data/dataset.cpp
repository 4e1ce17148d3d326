#include "premix/data/dataset.hpp"

#include <utility>

#include "premix/core/error.hpp"

namespace premix {

Dataset::Dataset(std::shared_ptr<const PairSource> source, std::vector<std::string> names, Protocol protocol,
                 std::size_t cache_bytes)
    : source_(std::move(source)),
      names_(std::move(names)),
      protocol_(protocol),
      cache_bytes_(cache_bytes),
      cached_(names_.size()) {}

Sample Dataset::make(std::size_t index) const {
  const ImagePair pair = source_->load(names_[index]);
  check_network_takes(pair, source_->ratio(), protocol_);
  return protocol_ == Protocol::reduced ? reduced_sample(pair, source_->ratio()) : full_sample(pair);
}

Sample Dataset::sample(std::size_t index) const {
  PREMIX_CHECK(index < names_.size(), "Dataset::sample: sample ", index, " of ", names_.size());
  {
    const std::lock_guard lock(mutex_);
    if (cached_[index]) return *cached_[index];
  }
  const Sample made = make(index);
  const std::size_t bytes = made.ms.bytes() + made.pan.bytes() + made.up_ms.bytes() + made.truth.bytes();
  const std::lock_guard lock(mutex_);
  if (!cached_[index] && bytes <= cache_bytes_ - cached_bytes_) {
    cached_[index] = made;
    cached_bytes_ += bytes;
  }
  return made;
}

}  // namespace premix
