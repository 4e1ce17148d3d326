#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/cudnn/plan.hpp"
#include "premix/core/device.hpp"

namespace premix::cudnn {

/// cuDNN on one GPU, with its cached plans. A mutex serialises threads; calls are asynchronous, so they are short.
class Context {
 public:
  /// Creates cuDNN's handle for the current GPU.
  Context();

  /// Reason why cuDNN is unusable; empty if it is usable.
  const std::string& problem() const { return problem_; }

  /// Returns whether cuDNN has an engine for the request. Builds and caches the plan on the first call.
  bool has_plan(const Request& request);

  /// Runs a request in the device's stream. has_plan() must have returned true for it.
  void run(Cuda device, const Request& request, const Data& data);

  /// Returns the engine of each convolution so far, as text.
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

/// Returns null if cuDNN is not used. The GPU must be current.
Context* context_of(int index);

}  // namespace premix::cudnn
