#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "infer/network/recorded_work.hpp"
#include "premix/core/precision.hpp"
#include "premix/nn/premix.hpp"

namespace premix::infer {

/// The module itself for inference, on any device. On a GPU in the stream of a CudaStream it is RecordedWork; not where
/// progress is wanted.
class PlainNetwork {
 public:
  PlainNetwork(const PreMix<float>& model, Precision precision) : model_(model.clone()), precision_(precision) {}

  /// PreMixInference's call.
  Tensor<float> operator()(const BranchImages<float>& images, const std::function<void(double)>& progress);

 private:
  Tensor<float> fuse(const BranchImages<float>& images, const std::function<void(double)>& progress) const;

  PreMix<float> model_;
  Precision precision_;
  std::mutex mutex_;                            // of what follows, while a call hands its work to the GPU
  std::optional<BranchImages<float>> buffers_;  // of the size of the last call
  Tensor<float> fused_;
  RecordedWork work_;  // for that size
};

}  // namespace premix::infer
