#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "infer/network/recorded_work.hpp"
#include "premix/core/precision.hpp"
#include "premix/nn/premix.hpp"

namespace premix::infer {

/// Inference by the module itself, on any device. On a GPU, in the stream of a CudaStream, it is RecordedWork, except
/// with progress.
class PlainNetwork {
 public:
  PlainNetwork(const PreMix<float>& model, Precision precision) : model_(model.clone()), precision_(precision) {}

  /// PreMixInference's call.
  Tensor<float> operator()(const BranchImages<float>& images, const std::function<void(double)>& progress);

 private:
  Tensor<float> fuse(const BranchImages<float>& images, const std::function<void(double)>& progress) const;

  PreMix<float> model_;
  Precision precision_;
  std::mutex mutex_;                            // guards the members below during submission
  std::optional<BranchImages<float>> buffers_;  // for the size of the last call
  Tensor<float> fused_;
  RecordedWork work_;  // for that size
};

}  // namespace premix::infer
