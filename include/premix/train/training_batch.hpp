#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/data/loader.hpp"
#include "premix/nn/premix.hpp"

namespace premix {

/// Images of one training step.
struct TrainingBatch {
  std::vector<std::string> names;  // of the images
  /// plain: up_ms (N, H, W, B) and pan (N, H, W, 1). The other two branches may be empty: the step computes them then.
  BranchImages<float> images;
  Tensor<float> truth;  // (N, H/s, W/s, B); s is 1, or above for a truth of coarser pixels than the PAN

  TrainingBatch() = default;
  explicit TrainingBatch(const Batch& batch);
  TrainingBatch(const Tensor<float>& up_ms, const Tensor<float>& pan, const Tensor<float>& truth);

  /// Returns s.
  int truth_ratio() const { return static_cast<int>(images.plain.pan.shape().h / truth.shape().h); }

  /// Returns the tensors in a fixed order, without the empty ones.
  std::vector<Tensor<float>> tensors() const;

  /// Returns fn(tensor) of every tensor; empty tensors stay empty.
  template <class Fn>
  TrainingBatch map(const Fn& fn) const {
    const auto mapped = [&](const Tensor<float>& tensor) { return tensor.empty() ? Tensor<float>() : fn(tensor); };
    TrainingBatch result;
    result.names = names;
    result.images = images.map(mapped);
    result.truth = mapped(truth);
    return result;
  }
};

/// Joins batches into one, in order. They may differ in N. Throws a data Error that names two images of different size,
/// and an Error for batches of different tensors.
TrainingBatch joined(const std::vector<TrainingBatch>& batches);

}  // namespace premix
