#include "infer/scene/prepared_method.hpp"

#include <algorithm>
#include <filesystem>

#include "infer/scene/resume_key.hpp"
#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

std::int64_t usual_cell(const WeightsInfo& info) {
  constexpr int published = 32;  // training patches of the published network: 256 x 256 pixels
  const double cell = (info.clahe_cell > 0 ? info.clahe_cell : published) * info.ratio;
  return std::max<std::int64_t>(16, static_cast<std::int64_t>(cell + 3) / 4 * 4);
}

std::string joined(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += concat(value, ' ');
  return text;
}

}  // namespace

PreparedMethod::PreparedMethod(const DecidedMethod& method, std::int64_t memory, int back_projections)
    : method_(method), sharpen_{.max_memory = memory, .back_projections = back_projections} {
  std::visit([this](const auto& chosen) { prepare(chosen); }, method_);
  key_["precision"] = concat(static_cast<int>(sharpen_.precision));
  key_["resampling"] = concat(static_cast<int>(sharpen_.resampling));
  key_["back-projections"] = concat(back_projections);
  if (back_projections > 0) metadata_["BACK_PROJECTIONS"] = concat(back_projections);
}

void PreparedMethod::prepare(const NetworkFusion& network) {
  weights_ = find_weights(network.weights).string();
  key_["weights"] = file_state(weights_);  // before the read: a later change must alter the key
  Weights weights = load_weights(weights_, network.mixing);
  sharpen_.clahe_cell = network.clahe_cell.value_or(usual_cell(weights.info));
  sharpen_.precision = network.precision;
  move_parameters(weights.model, network.device);
  wanted_ = wanted_by(weights.model.config, weights.info);
  network_.emplace(weights.model, sharpen_);

  key_["method"] = "premix";
  key_["device"] = network.device == cpu() ? "CPU" : "GPU";
  key_["cell"] = concat(sharpen_.clahe_cell);
  if (network.mixing.activation) key_["activation"] = concat(static_cast<int>(*network.mixing.activation));
  if (network.mixing.beta) key_["beta"] = concat(*network.mixing.beta);
  metadata_["METHOD"] = "premix";
  metadata_["WEIGHTS"] = std::filesystem::path(weights_).filename().string();
  metadata_["CLAHE_CELL"] = key_["cell"];
}

void PreparedMethod::prepare(const ClassicalFusion& classical) {
  sharpen_.resampling = classical.resampling;
  wanted_.needs_range = false;
  key_["method"] = concat(static_cast<int>(classical.method));
  key_["device"] = "CPU";
  if (!classical.options.weights.empty()) key_["band weights"] = joined(classical.options.weights);
  if (!classical.options.mtf_gains.empty()) key_["MTF gains"] = joined(classical.options.mtf_gains);
  metadata_["METHOD"] = classical_method_name(classical.method);
}

const SceneSharpener& PreparedMethod::sharpener(const SceneSource& source, std::optional<SceneSharpener>& own) const {
  if (network_) return *network_;
  const auto& [method, options, resampling] = std::get<ClassicalFusion>(method_);
  return own.emplace(classical_fusion(method, source, options), sharpen_);
}

}  // namespace premix::infer
