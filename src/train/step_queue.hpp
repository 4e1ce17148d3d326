#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "premix/data/loader.hpp"
#include "premix/train/training_step.hpp"

namespace premix::training {

/// Trains on batches from the host, in their order.
class StepQueue {
 public:
  /// Told of each batch, in order: the names of its images, and its loss.
  using Report = std::function<void(const std::vector<std::string>& names, double loss)>;

  virtual ~StepQueue() = default;

  /// Takes a batch. It may be trained on later, and reported in a later call.
  virtual void add(const Batch& batch, const Report& report) = 0;

  /// Returns when all batches are trained on and reported.
  virtual void finish(const Report& report) = 0;
};

/// For a step on each kind of device. On a GPU the thread's work goes to a stream of the queue's own until its end.
std::unique_ptr<StepQueue> make_step_queue(Cpu, TrainingStep& step);
std::unique_ptr<StepQueue> make_step_queue(Cuda, TrainingStep& step);

}  // namespace premix::training
