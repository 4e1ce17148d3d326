#pragma once

#include <memory>

#include "premix/core/precision.hpp"
#include "premix/nn/premix.hpp"

namespace premix {

/// Whether this processor has the instructions for Precision::bfloat16 (AVX512-BF16).
bool bfloat16_available();

/// A trained network for inference: weights are copied and brought into the kernels' order once, no gradients are kept,
/// and rows pass through all sub-models at once, so that a call needs a fraction of the module's time and memory. In
/// float the result is the module's to 1e-5 of its largest value.
///
/// For networks with 3 x 3 kernels and features in multiples of 8, on a CPU with AVX2. In bfloat16 also for a network
/// on a GPU, with up to 8 bands and features in multiples of 16 up to 128: maps then stay in buffers that one size of
/// images has in common, so synchronize() before another stream calls. Others run the module itself, on a GPU with its
/// convolutions in the precision (ConvolutionPrecision).
class PreMixInference {
 public:
  /// Throws a usage Error for tf32 on the CPU, and for bfloat16 where the processor or the network does not allow it
  /// there. The network stays on the model's device.
  explicit PreMixInference(const PreMix<float>& model, Precision precision = Precision::float32);
  PreMixInference(PreMixInference&&) noexcept;
  PreMixInference& operator=(PreMixInference&&) noexcept;
  ~PreMixInference();

  const PreMixConfig& config() const;

  /// What the module's call does: up_ms (N, H, W, B), pan (N, H, W, 1) -> (N, H, W, B), not clipped. progress is called
  /// with the share of the work that is done.
  Tensor<float> operator()(const Tensor<float>& up_ms, const Tensor<float>& pan,
                           const std::function<void(double)>& progress = {}) const;

  /// The same from what branch_images() made.
  Tensor<float> operator()(const BranchImages<float>& images, const std::function<void(double)>& progress = {}) const;

 private:
  struct Network;
  std::unique_ptr<Network> network_;
};

}  // namespace premix
