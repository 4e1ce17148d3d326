#pragma once

#include <optional>
#include <string>

#include "cuda/cudnn/graph.hpp"

namespace premix::cudnn {

/// Tensors of a plan. left and right: x and weight, d_y and weight, or x and d_y, depending on the pass.
struct Data {
  const void *left, *right;
  void* result;
  const void *residual = nullptr, *bias = nullptr;  // if the request has them
};

/// An executable convolution. Uses the first engine from cuDNN's heuristics that is deterministic, has the requested
/// precision, and needs at most 256 MiB of workspace.
class Plan {
 public:
  /// Throws Refused if no engine fits, with the reason of the last engine.
  Plan(cudnnHandle_t handle, const Request& request);

  std::int64_t workspace_bytes() const { return workspace_bytes_; }

  /// Number of the engine and cuDNN's notes on it: "engine 38 (winograd)".
  const std::string& engine() const { return engine_; }

  /// Runs in the handle's stream. workspace: workspace_bytes() bytes, null if 0. Throws Refused.
  void execute(cudnnHandle_t handle, const Data& data, void* workspace) const;

 private:
  Graph graph_;
  std::optional<Descriptor> configuration_, plan_;
  std::int64_t workspace_bytes_ = 0;
  std::string engine_;
};

}  // namespace premix::cudnn
