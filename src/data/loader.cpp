#include "premix/data/loader.hpp"

#include <algorithm>
#include <utility>

#include "premix/core/error.hpp"

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
    : options_(options),
      order_(std::move(order)),
      samples_([this, source = std::move(source)](std::size_t position) { return source(order_[position]); },
               order_.size(),
               {.workers = options.num_workers,
                .ahead = options.batch_size + std::max(options.batch_size, options.num_workers)}) {
  PREMIX_CHECK(options_.batch_size > 0, "Loader: ", Option("batch_size", 0), ". Set 1 or more.");
}

std::optional<Batch> Loader::next() {
  if (failure_) std::rethrow_exception(failure_);
  const std::size_t count = std::min(options_.batch_size, samples_.count() - samples_.taken());
  if (count == 0) return std::nullopt;
  try {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < count; ++i) samples.push_back(samples_.next());
    return Batch::from(samples);
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

}  // namespace premix
