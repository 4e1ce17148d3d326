#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/data/dataset.hpp"
#include "premix/data/load_ahead.hpp"

namespace premix {

/// A batch of samples of equal size.
struct Batch {
  std::vector<std::string> names;  // N names
  Tensor<float> ms;                // (N, H, W, B)
  Tensor<float> pan;               // (N, R*H, R*W, 1)
  Tensor<float> up_ms;             // (N, R*H, R*W, B)
  Tensor<float> truth;             // (N, R*H, R*W, B), or empty

  /// Copies samples into one batch. Throws a data Error that names two images of different sizes.
  static Batch from(const std::vector<Sample>& samples);
};

struct LoaderOptions {
  std::size_t batch_size = 16;
  std::size_t num_workers = 8;  // threads that load ahead; 0: the caller loads
};

/// Loads samples in the given order, in batches; the last batch may be smaller. Loads up to one batch ahead of the
/// current one. Order and bytes do not depend on the number of workers. An exception from a sample is thrown at its
/// turn.
class Loader {
 public:
  /// Returns the sample of an index; called from worker threads.
  using Source = std::function<Sample(std::size_t index)>;

  Loader(Source source, std::vector<std::size_t> order, LoaderOptions options = {});

  /// The data set must outlive the loader.
  Loader(const Dataset& dataset, std::vector<std::size_t> order, LoaderOptions options = {})
      : Loader([&dataset](std::size_t index) { return dataset.sample(index); }, std::move(order), options) {}

  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Number of batches.
  std::size_t batches() const { return (order_.size() + options_.batch_size - 1) / options_.batch_size; }

  /// Returns the next batch, or nothing after the last one. After an exception, every call throws it again.
  std::optional<Batch> next();

 private:
  LoaderOptions options_;
  std::vector<std::size_t> order_;
  LoadAhead<Sample> samples_;
  std::exception_ptr failure_;
};

}  // namespace premix
