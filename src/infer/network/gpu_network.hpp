#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "infer/network/recorded_work.hpp"
#include "premix/nn/premix.hpp"

// A network on a GPU in bfloat16: weights in the order of the tensor cores' kernels (kernels/inference.hpp),
// maps in buffers that stay from call to call.

namespace premix::infer {

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
  std::optional<MsPan<GpuConv>> conv;  // not in a sub-model's first block, which begins with images
  MsPan<GpuConv> conv1, conv2;
  std::optional<GpuMixing> mixing;
};

struct GpuSubModel {
  MsPan<GpuImageConv> image_conv;
  std::vector<GpuBlock> blocks;
  std::vector<MsPan<GpuConv>> doublings;
  MsPan<GpuConv> filters;

  explicit GpuSubModel(const SubModel<float>& model);
};

/// What a call works in, for images of one size. It stays where it is, so that a recorded call finds it.
struct GpuBuffers {
  Shape up_ms;
  BranchImages<float> seen;
  MsPan<Tensor<bf16_t>> maps[4];  // (N, H, W, D)
  Tensor<float> images[3];        // like up_ms; the last is the result

  GpuBuffers(Shape images, std::int64_t features, Device device);
};

class GpuNetwork {
 public:
  /// Whether there are kernels for networks like this.
  static bool fits(const PreMixConfig& config);

  /// model: on a GPU, and of a kind that fits.
  explicit GpuNetwork(const PreMix<float>& model);

  /// PreMixInference's call, which waits for nothing. In the stream of a CudaStream it is RecordedWork; not where
  /// progress is wanted.
  Tensor<float> operator()(const BranchImages<float>& images, const std::function<void(double)>& progress);

 private:
  template <class Gpu>
  void compute(Gpu gpu, const std::function<void(double)>& progress);

  PreMixConfig config_;
  Device device_;
  std::vector<GpuSubModel> sub_models_;  // in the order of sub_model_order
  std::mutex mutex_;                     // of what follows, while a call hands its work to the GPU
  std::optional<GpuBuffers> buffers_;    // of the size of the last call
  RecordedWork work_;                    // for that size
};

}  // namespace premix::infer
