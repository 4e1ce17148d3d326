#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "premix/data/dataset.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/metrics/summary.hpp"

namespace premix {

/// Metrics of one image: of the network's prediction, and of the bicubically enlarged MS.
struct ImageScores {
  std::string name = {};
  std::vector<Reading> network = {};
  std::vector<Reading> up_ms = {};  // empty unless requested
  double seconds = 0;               // of the forward pass
};

struct Evaluation {
  std::vector<ImageScores> images;  // in the order of the data set
  Summary network, up_ms;
};

enum class Baseline { none, up_ms };

struct EvaluateOptions {
  Baseline baseline = Baseline::none;
  std::size_t num_workers = 8;
  Precision precision = Precision::float32;
  /// Called after each image. prediction (1, H, W, B), not clipped, on the CPU.
  std::function<void(std::size_t index, const Sample& sample, const Tensor<float>& prediction)> on_image = {};
};

/// Runs the network on each image of a data set and computes reduced_resolution_metrics if the truth is known, else
/// full_resolution_metrics; then pattern_metrics. The network stays on its device; images are copied there.
Evaluation evaluate(const PreMix<float>& model, const Dataset& dataset, const EvaluateOptions& options = {});

}  // namespace premix
