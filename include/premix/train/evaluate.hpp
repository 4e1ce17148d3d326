#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "premix/data/dataset.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/metrics/summary.hpp"

namespace premix {

/// What is compared with the truth, or judged without one: the network's image, and the bicubically enlarged MS beside
/// it.
struct ImageScores {
  std::string name = {};
  std::vector<Reading> network = {};
  std::vector<Reading> up_ms = {};  // empty unless asked for
  double seconds = 0;               // of the network's forward
};

struct Evaluation {
  std::vector<ImageScores> images;  // in the data set's order
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

/// Runs the network over the images of a data set one by one and measures: reduced_resolution_metrics where the truth
/// is known, else full_resolution_metrics. The network stays where it is; each image is brought there.
Evaluation evaluate(const PreMix<float>& model, const Dataset& dataset, const EvaluateOptions& options = {});

}  // namespace premix
