#include "train/epoch_batches.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include "premix/core/random.hpp"
#include "premix/data/load_ahead.hpp"
#include "premix/data/loader.hpp"

namespace premix::training {
namespace {

// Streams of random numbers of an epoch.
enum class Stream : std::uint32_t { samples = 1, kinds = 2 };

std::mt19937 generator_of(std::uint32_t seed, int epoch, Stream stream, std::size_t index) {
  std::seed_seq sequence{seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(stream),
                         static_cast<std::uint32_t>(index)};
  return std::mt19937(sequence);
}

std::vector<std::size_t> order_of(std::size_t count, std::uint32_t seed, int epoch) {
  std::seed_seq sequence{seed, static_cast<std::uint32_t>(epoch)};
  std::mt19937 generator(sequence);
  return shuffled_indices(count, generator);
}

}  // namespace

EpochBatches::EpochBatches(const Dataset& images, const TrainingOptions& options, const TrainingHooks& hooks)
    : images_(images), options_(options), hooks_(hooks), cached_(images.size()) {}

bool EpochBatches::draws() const { return hooks_.sample || !options_.recipe.is_published(); }

std::size_t EpochBatches::images() const { return images_.size() * static_cast<std::size_t>(options_.recipe.visits); }

std::size_t EpochBatches::count() const { return (images() + options_.batch_size - 1) / options_.batch_size; }

// One kind per batch, as the truths of the kinds differ in size.
SampleKind EpochBatches::kind_of(int epoch, std::size_t batch) const {
  std::mt19937 generator = generator_of(options_.seed, epoch, Stream::kinds, batch);
  const double draw = static_cast<double>(generator()) / 4294967296.0;
  return draw < options_.recipe.full_resolution ? SampleKind::full_resolution : SampleKind::reduced;
}

ImagePair EpochBatches::pair(std::size_t index) const {
  {
    const std::lock_guard lock(mutex_);
    if (cached_[index]) return *cached_[index];
  }
  ImagePair loaded = images_.source().load(images_.names()[index]);
  const std::size_t bytes = loaded.ms.bytes() + loaded.pan.bytes();
  const std::lock_guard lock(mutex_);
  if (!cached_[index] && cached_bytes_ + bytes <= images_.options().cache_bytes) {
    cached_[index] = loaded;
    cached_bytes_ += bytes;
  }
  return loaded;
}

// At full resolution PAN and MS must share their borders: the next image that does takes the place of one that does
// not.
ImagePair EpochBatches::pair_for(SampleKind kind, std::size_t index) const {
  const auto fits = [&](const ImagePair& image) { return kind == SampleKind::reduced || image.has_common_borders(); };
  ImagePair first = pair(index);
  for (std::size_t i = 1; i < images_.size() && !fits(first); ++i)
    if (ImagePair other = pair((index + i) % images_.size()); fits(other)) return other;
  return first;
}

TrainingBatch EpochBatches::drawn(int epoch, std::size_t index, std::size_t position) const {
  std::mt19937 generator = generator_of(options_.seed, epoch, Stream::samples, position);
  const SampleKind kind = kind_of(epoch, position / options_.batch_size);
  const ImagePair image = pair_for(kind, index);
  if (hooks_.sample) {
    TrainingBatch sample = hooks_.sample(image, kind, generator);
    sample.names = {image.name};
    return sample;
  }
  return draw_sample(image, images_.source().ratio(), options_.recipe, kind, generator);
}

void EpochBatches::check() const {
  if (hooks_.sample || options_.recipe.is_published()) return;
  const auto check_image = [&](std::size_t index) {
    const ImagePair image = pair(index);
    for (const SampleKind kind : {SampleKind::reduced, SampleKind::full_resolution}) {
      if (kind == SampleKind::full_resolution && !(options_.recipe.full_resolution > 0)) continue;
      check_recipe_takes(pair_for(kind, index), images_.source().ratio(), options_.recipe, kind);
    }
    return image.name;
  };
  LoadAhead<std::string> names(check_image, images_.size(), {.workers = options_.num_workers});
  while (names.taken() < names.count()) names.next();
}

void EpochBatches::for_each(int epoch, const std::function<void(const TrainingBatch&)>& fn) const {
  std::vector<std::size_t> order = order_of(images(), options_.seed, epoch);
  for (std::size_t& index : order) index %= images_.size();
  if (!draws()) {
    Loader loader(images_, order, {.batch_size = options_.batch_size, .num_workers = options_.num_workers});
    while (const auto batch = loader.next()) fn(TrainingBatch(*batch));
    return;
  }
  LoadAhead<TrainingBatch> samples(
      [&](std::size_t position) { return drawn(epoch, order[position], position); }, order.size(),
      {.workers = options_.num_workers, .ahead = 2 * std::max(options_.batch_size, options_.num_workers)});
  while (samples.taken() < samples.count()) {
    std::vector<TrainingBatch> parts;
    while (parts.size() < options_.batch_size && samples.taken() < samples.count()) parts.push_back(samples.next());
    fn(joined(parts));
  }
}

}  // namespace premix::training
