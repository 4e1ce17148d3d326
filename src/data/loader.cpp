#include "premix/data/loader.hpp"

#include <algorithm>
#include <utility>

#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"

namespace premix {
namespace {

void copy_into(Tensor<float>& batch, const Tensor<float>& image, std::size_t position) {
  std::copy_n(image.values().data(), image.size(),
              batch.mutable_data() + static_cast<std::int64_t>(position) * image.size());
}

Tensor<float> uninitialised_batch(const Tensor<float>& image, std::size_t count) {
  if (image.empty()) return {};
  Shape shape = image.shape();
  shape.n = static_cast<std::int64_t>(count);
  return Tensor<float>(shape);
}

}  // namespace

Batch Batch::from(const std::vector<Sample>& samples) {
  PREMIX_CHECK(!samples.empty(), "Batch::from: no samples");
  const Sample& first = samples.front();
  const std::size_t count = samples.size();
  Batch batch = {{},
                 uninitialised_batch(first.ms, count),
                 uninitialised_batch(first.pan, count),
                 uninitialised_batch(first.up_ms, count),
                 uninitialised_batch(first.truth, count)};
  for (std::size_t i = 0; i < count; ++i) {
    const Sample& sample = samples[i];
    if (sample.ms.shape() != first.ms.shape() || sample.pan.shape() != first.pan.shape())
      fail(ErrorKind::data, first.name, " and ", sample.name, " differ in size and cannot share a batch: PAN ",
           first.pan.shape().h, " x ", first.pan.shape().w, " and ", sample.pan.shape().h, " x ", sample.pan.shape().w,
           ". Cut them to one size, or set ", Option("batch_size", 1), '.');
    batch.names.push_back(sample.name);
    copy_into(batch.ms, sample.ms, i);
    copy_into(batch.pan, sample.pan, i);
    copy_into(batch.up_ms, sample.up_ms, i);
    if (!batch.truth.empty()) copy_into(batch.truth, sample.truth, i);
  }
  return batch;
}

Loader::Loader(Source source, std::vector<std::size_t> order, LoaderOptions options)
    : source_(std::move(source)), order_(std::move(order)), options_(options), slots_(order_.size()) {
  PREMIX_CHECK(options_.batch_size > 0, "Loader: ", Option("batch_size", 0), ". Set 1 or more.");
  window_ = options_.batch_size + std::max(options_.batch_size, options_.num_workers);
  const std::size_t workers = std::min(options_.num_workers, order_.size());
  for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

void Loader::work(const std::stop_token& stop) {
  set_threads(1);  // loops in a worker are serial; the workers run in parallel
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool free = changed_.wait(
        lock, stop, [this] { return next_to_load_ == order_.size() || next_to_load_ < handed_out_ + window_; });
    if (!free || stop.stop_requested() || next_to_load_ == order_.size()) return;
    const std::size_t position = next_to_load_++;
    lock.unlock();
    Slot loaded;
    try {
      loaded.sample = source_(order_[position]);
    } catch (...) {
      loaded.error = std::current_exception();
    }
    lock.lock();
    slots_[position] = std::move(loaded);
    changed_.notify_all();
  }
}

Sample Loader::take(std::size_t position) {
  if (workers_.empty()) return source_(order_[position]);
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[position];
  changed_.wait(lock, [&slot] { return slot.sample || slot.error; });
  if (slot.error) std::rethrow_exception(slot.error);
  Sample sample = std::move(*slot.sample);
  slot.sample.reset();
  return sample;
}

std::optional<Batch> Loader::next() {
  if (failure_) std::rethrow_exception(failure_);
  const std::size_t end = std::min(handed_out_ + options_.batch_size, order_.size());
  if (handed_out_ == end) return std::nullopt;
  try {
    std::vector<Sample> samples;
    for (std::size_t position = handed_out_; position < end; ++position) samples.push_back(take(position));
    Batch batch = Batch::from(samples);
    {
      const std::lock_guard lock(mutex_);
      handed_out_ = end;
    }
    changed_.notify_all();
    return batch;
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

}  // namespace premix
