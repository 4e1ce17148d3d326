#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "premix/nn/premix.hpp"

// A network on a GPU in bfloat16: weights in the order of the tensor cores' kernels (premix/kernels/inference.hpp), maps in buffers that
// stay from call to call.

namespace premix::infer {

/// What both streams have.
template <class T>
struct Both {
  T ms, pan;
};

struct GpuConv {
  Tensor<bf16_t> weight;
  Tensor<float> bias;  // empty without
};

/// The first convolutions of a sub-model, weight (3, 3, B, D).
struct GpuImageConv {
  Tensor<float> weight, bias;
};

struct GpuMixing {
  GpuConv conv1, conv2;
  Activation activation;
  MaskKind kind;
  float beta;
};

struct GpuBlock {
  std::optional<Both<GpuConv>> conv;  // not in a sub-model's first block, which begins with images
  Both<GpuConv> conv1, conv2;
  std::optional<GpuMixing> mixing;
};

struct GpuSubModel {
  Both<GpuImageConv> image_conv;
  std::vector<GpuBlock> blocks;
  std::vector<Both<GpuConv>> doublings;
  Both<GpuConv> filters;

  explicit GpuSubModel(const SubModel<float>& model);
};

/// What a call works in, for images of one size.
struct GpuBuffers {
  Shape up_ms;
  Both<Tensor<bf16_t>> maps[4];  // (N, H, W, D)
  Tensor<float> images[2];       // like up_ms

  GpuBuffers(Shape images, std::int64_t features, Device device);
};

class GpuNetwork {
 public:
  /// Whether there are kernels for networks like this.
  static bool fits(const PreMixConfig& config);

  /// model: on a GPU, and of a kind that fits.
  explicit GpuNetwork(const PreMix<float>& model);

  /// PreMixInference's call. Only the look for NaN in the images waits for the GPU.
  Tensor<float> operator()(const Tensor<float>& up_ms, const Tensor<float>& pan, const std::function<void(double)>& progress);

 private:
  PreMixConfig config_;
  Device device_;
  std::vector<GpuSubModel> sub_models_;  // in the order in which they run
  std::mutex mutex_;                     // of the buffers, while a call hands its work to the GPU
  std::optional<GpuBuffers> buffers_;    // of the size of the last call
};

}  // namespace premix::infer
