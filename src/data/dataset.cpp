#include "premix/data/dataset.hpp"

#include <utility>

#include "premix/core/error.hpp"

namespace premix {

Dataset::Dataset(std::shared_ptr<const PairSource> source, std::vector<std::string> names, DatasetOptions options)
    : source_(std::move(source)), names_(std::move(names)), options_(options), cached_(names_.size()) {}

int Dataset::ratio() const {
  const int ratio = source_->ratio();
  return options_.protocol == Protocol::reduced ? options_.reduce.ms_ratio(ratio) : ratio;
}

Sample Dataset::make(std::size_t index) const {
  const ImagePair pair = source_->load(names_[index]);
  check_network_takes(pair, ratio(), options_.protocol);
  return options_.protocol == Protocol::reduced ? reduced_sample(pair, source_->ratio(), options_.reduce)
                                                : full_sample(pair);
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
  if (!cached_[index] && bytes <= options_.cache_bytes - cached_bytes_) {
    cached_[index] = made;
    cached_bytes_ += bytes;
  }
  return made;
}

}  // namespace premix
