#include "premix/train/evaluate.hpp"

#include <chrono>
#include <numeric>

#include "premix/core/cuda.hpp"
#include "premix/data/loader.hpp"

namespace premix {
namespace {

std::vector<Reading> scores(const Tensor<float>& image, const Sample& sample, double ratio) {
  std::vector<Reading> readings = sample.truth.empty() ? full_resolution_metrics(image, sample.ms, sample.pan)
                                                       : reduced_resolution_metrics(image, sample.truth, ratio);
  const std::vector<Reading> patterns = pattern_metrics(image, sample.pan);
  readings.insert(readings.end(), patterns.begin(), patterns.end());
  return readings;
}

Evaluation evaluate_here(const PreMix<float>& model, const Dataset& dataset, const EvaluateOptions& options) {
  const PreMixInference network(model, options.precision);
  const Device device = parameters(model).front().device();
  const double ratio = dataset.ratio();
  std::vector<std::size_t> order(dataset.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Loader loader(dataset, order, {.batch_size = 1, .num_workers = options.num_workers});

  Evaluation result;
  while (auto batch = loader.next()) {
    const Sample sample{batch->names.front(), batch->ms, batch->pan, batch->up_ms, batch->truth};
    const auto start = std::chrono::steady_clock::now();
    const Tensor<float> prediction = network(sample.up_ms.to(device), sample.pan.to(device)).to(cpu());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    ImageScores image{sample.name, scores(prediction, sample, ratio), {}, seconds};
    result.network.add(image.name, image.network);
    if (options.baseline == Baseline::up_ms) {
      image.up_ms = scores(sample.up_ms, sample, ratio);
      result.up_ms.add(image.name, image.up_ms);
    }
    result.images.push_back(std::move(image));
    if (options.on_image) options.on_image(result.images.size() - 1, sample, prediction);
  }
  return result;
}

}  // namespace

Evaluation evaluate(const PreMix<float>& model, const Dataset& dataset, const EvaluateOptions& options) {
  Evaluation result;
  in_own_stream(parameters(model).front().device(), [&] { result = evaluate_here(model, dataset, options); });
  return result;
}

}  // namespace premix
