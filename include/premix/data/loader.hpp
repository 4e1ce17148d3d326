#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/data/dataset.hpp"

namespace premix {

/// Samples of equal size, one after another.
struct Batch {
  std::vector<std::string> names;  // N of them
  Tensor<float> ms;                // (N, H, W, B)
  Tensor<float> pan;               // (N, R*H, R*W, 1)
  Tensor<float> up_ms;             // (N, R*H, R*W, B)
  Tensor<float> truth;             // (N, R*H, R*W, B), or empty
};

/// Copies the samples into one batch. Throws a data Error that names two images whose sizes differ.
Batch stack(const std::vector<Sample>& samples);

struct LoaderOptions {
  std::size_t batch_size = 16;
  std::size_t num_workers = 8;  // threads that load ahead; with 0 the caller loads
};

/// The samples in the given order, in batches, the last of which may be smaller. Up to a batch more than the one that
/// is waited for is loaded ahead. Order and bytes do not depend on the number of workers, and an exception from a
/// sample is thrown when its turn comes.
class Loader {
 public:
  /// Gives the sample of that index; called from the workers' threads.
  using Source = std::function<Sample(std::size_t index)>;

  Loader(Source source, std::vector<std::size_t> order, LoaderOptions options = {});

  /// The data set must outlive the loader.
  Loader(const Dataset& dataset, std::vector<std::size_t> order, LoaderOptions options = {})
      : Loader([&dataset](std::size_t index) { return dataset.sample(index); }, std::move(order), options) {}

  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// How many batches there are in all.
  std::size_t batches() const { return (order_.size() + options_.batch_size - 1) / options_.batch_size; }

  /// The next batch, or nothing after the last one. After an exception every further call throws the same one.
  std::optional<Batch> next();

 private:
  struct Slot {
    std::optional<Sample> sample;
    std::exception_ptr error;
  };

  void work(const std::stop_token& stop);
  Sample take(std::size_t position);

  Source source_;
  std::vector<std::size_t> order_;
  LoaderOptions options_;
  std::size_t window_ = 0;  // samples that may be loaded or loading beyond those handed out

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Slot> slots_;  // one for each position of the order
  std::size_t next_to_load_ = 0, handed_out_ = 0;

  std::exception_ptr failure_;  // the caller's thread alone

  std::vector<std::jthread> workers_;  // last: they stop before the rest goes
};

}  // namespace premix
