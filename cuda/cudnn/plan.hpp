#pragma once

#include <optional>
#include <string>

#include "cuda/cudnn/graph.hpp"

namespace premix::cudnn {

/// What a plan works on. The pass multiplies left and right: x and weight, d_y and weight, or x and d_y.
struct Data {
  const void *left, *right;
  void* result;
  const void *residual = nullptr, *bias = nullptr;  // where the request has them
};

/// A convolution made ready to run: the first engine of cuDNN's heuristics that gives the same bits in every run, that
/// computes in the precision asked for, and that needs no more scratch memory than 256 MiB.
class Plan {
 public:
  /// Throws Refused, with the reason of the last engine that was tried, where there is none.
  Plan(cudnnHandle_t handle, const Request& request);

  std::int64_t workspace_bytes() const { return workspace_bytes_; }

  /// The engine's number and what cuDNN notes about it: "engine 38 (winograd)".
  const std::string& engine() const { return engine_; }

  /// In the handle's stream. The workspace is null where none is needed. Throws Refused.
  void execute(cudnnHandle_t handle, const Data& data, void* workspace) const;

 private:
  Graph graph_;
  std::optional<Descriptor> configuration_, plan_;
  std::int64_t workspace_bytes_ = 0;
  std::string engine_;
};

}  // namespace premix::cudnn
