#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "premix/train/training_step.hpp"

namespace premix::training {

/// Trains on batches from the host, in order.
class StepQueue {
 public:
  /// Called after each batch, in order. names: of its images; loss: before the update.
  using Report = std::function<void(const std::vector<std::string>& names, double loss)>;

  virtual ~StepQueue() = default;

  /// Adds a batch. Training on it may be asynchronous; a later call may report it.
  virtual void add(const TrainingBatch& batch, const Report& report) = 0;

  /// Waits until all batches are trained on and reported.
  virtual void finish(const Report& report) = 0;
};

/// Makes the queue for the device of the step. A GPU queue is the thread's current stream during its lifetime.
std::unique_ptr<StepQueue> make_step_queue(Cpu, TrainingStep& step);
std::unique_ptr<StepQueue> make_step_queue(Cuda, TrainingStep& step);

}  // namespace premix::training
