#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "premix/data/dataset.hpp"
#include "premix/train/trainer.hpp"

namespace premix::training {

/// Batches of the epochs of a training. Depend only on data, options and hooks: a resumed training needs no state.
class EpochBatches {
 public:
  /// All three must outlive this object.
  EpochBatches(const Dataset& images, const TrainingOptions& options, const TrainingHooks& hooks);

  /// Throws the Errors of check_recipe_takes() for all images, before the first epoch.
  void check() const;

  /// Calls fn(batch) for each batch of an epoch, in order. Loads ahead in worker threads.
  void for_each(int epoch, const std::function<void(const TrainingBatch&)>& fn) const;

  /// Number of images per epoch, repeated visits counted.
  std::size_t images() const;

  /// Number of batches per epoch.
  std::size_t count() const;

 private:
  bool draws() const;
  SampleKind kind_of(int epoch, std::size_t batch) const;
  ImagePair pair(std::size_t index) const;
  ImagePair pair_for(SampleKind kind, std::size_t index) const;
  TrainingBatch drawn(int epoch, std::size_t index, std::size_t position) const;

  const Dataset& images_;
  const TrainingOptions& options_;
  const TrainingHooks& hooks_;
  mutable std::mutex mutex_;
  mutable std::vector<std::optional<ImagePair>> cached_;  // one per image
  mutable std::size_t cached_bytes_ = 0;
};

}  // namespace premix::training
