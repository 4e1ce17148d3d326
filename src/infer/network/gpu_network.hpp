#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "infer/network/recorded_work.hpp"
#include "premix/nn/premix.hpp"

// Network on a GPU in bfloat16: weights packed for the tensor core kernels (kernels/inference.hpp), maps in persistent
// buffers.

namespace premix::infer {

struct GpuConv {
  Tensor<bf16_t> weight;
  Tensor<float> bias;  // empty: no bias
};

/// First convolution of a sub-model's stream, weight (3, 3, B, D).
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
  std::optional<MsPan<GpuConv>> conv;  // absent in a sub-model's first block: its input is images
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

/// Buffers of a call, for one image size. Their addresses are fixed, as recorded calls require.
struct GpuBuffers {
  Shape up_ms;
  BranchImages<float> seen;
  MsPan<Tensor<bf16_t>> maps[4];  // (N, H, W, D)
  Tensor<float> images[3];        // shape of up_ms; the last is the result

  GpuBuffers(Shape images, std::int64_t features, Device device);
};

class GpuNetwork {
 public:
  /// Whether the kernels support this architecture.
  static bool fits(const PreMixConfig& config);

  /// model: on a GPU, fits().
  explicit GpuNetwork(const PreMix<float>& model);

  /// PreMixInference's call; does not synchronise the GPU. In the stream of a CudaStream it is RecordedWork, except
  /// with progress.
  Tensor<float> operator()(const BranchImages<float>& images, const std::function<void(double)>& progress);

 private:
  template <class Gpu>
  void compute(Gpu gpu, const std::function<void(double)>& progress);

  PreMixConfig config_;
  Device device_;
  std::vector<GpuSubModel> sub_models_;  // in the order of sub_model_order
  std::mutex mutex_;                     // guards the members below during submission
  std::optional<GpuBuffers> buffers_;    // for the size of the last call
  RecordedWork work_;                    // for that size
};

}  // namespace premix::infer
