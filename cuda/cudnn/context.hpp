#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/cudnn/plan.hpp"
#include "premix/core/device.hpp"

namespace premix::cudnn {

/// cuDNN on one GPU, with the plans that were made for it. Threads take turns: each work is only handed to the GPU
/// here.
class Context {
 public:
  /// For the GPU that is current.
  Context();

  /// Why nothing can be computed; empty where it can.
  const std::string& problem() const { return problem_; }

  /// Whether there is an engine for it. It is made ready at the first time, and remembered.
  bool has_plan(const Request& request);

  /// What has_plan() said yes to, in the device's stream.
  void run(Cuda device, const Request& request, const Data& data);

  /// What does each convolution that came so far.
  std::vector<std::string> engines();

 private:
  struct Entry {
    std::unique_ptr<Plan> plan;
    std::string refusal;  // without a plan
  };

  const Entry& entry(const Request& request);

  std::mutex mutex_;
  cudnnHandle_t handle_ = nullptr;
  std::string problem_;
  std::map<Request, Entry> entries_;
};

/// Null where cuDNN is not used. The GPU must be current.
Context* context_of(int index);

}  // namespace premix::cudnn
