#pragma once

#include <memory>

#include "premix/core/precision.hpp"
#include "premix/nn/premix.hpp"

namespace premix {

/// Whether this CPU has the instructions for Precision::bfloat16 (AVX512-BF16).
bool bfloat16_available();

/// A trained network for inference. Copies the weights and packs them for the kernels once, stores no gradients, and
/// streams rows through all sub-models together. A call takes a fraction of the module's time and memory. In float the
/// result equals the module's to 1e-5 of its largest value.
///
/// Supports networks with 3 x 3 kernels and features in multiples of 8, on a CPU with AVX2. In bfloat16 also networks
/// on a GPU, with up to 8 bands and features in multiples of 16 up to 128. Their buffers are shared by all calls with
/// one image size: synchronize() before a call from another stream. Other networks run the module itself, on a GPU with
/// its convolutions in the given precision (ConvolutionPrecision).
class PreMixInference {
 public:
  /// The network stays on the model's device. Throws a usage Error for tf32 on the CPU, and for bfloat16 on the CPU if
  /// CPU or network do not support it.
  explicit PreMixInference(const PreMix<float>& model, Precision precision = Precision::float32);
  PreMixInference(PreMixInference&&) noexcept;
  PreMixInference& operator=(PreMixInference&&) noexcept;
  ~PreMixInference();

  const PreMixConfig& config() const;

  /// Runs the network: up_ms (N, H, W, B), pan (N, H, W, 1) -> (N, H, W, B), unclipped. progress gets the finished
  /// share of the work.
  Tensor<float> operator()(const Tensor<float>& up_ms, const Tensor<float>& pan,
                           const std::function<void(double)>& progress = {}) const;

  /// The same for the result of branch_images().
  Tensor<float> operator()(const BranchImages<float>& images, const std::function<void(double)>& progress = {}) const;

 private:
  struct Network;
  std::unique_ptr<Network> network_;
};

}  // namespace premix
