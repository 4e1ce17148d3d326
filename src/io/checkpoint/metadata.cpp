#include "io/checkpoint/metadata.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "premix/core/error.hpp"

namespace premix::io {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json architecture_json(const PreMixConfig& config) {
  return {{"bands", config.bands},
          {"embed_dim", config.embed_dim},
          {"kernel_size", config.kernel_size},
          {"pf_kernel", config.pf_kernel},
          {"num_layers", config.num_layers},
          {"EWFM", config.mixing},
          {"activation", activation_name(config.activation)},
          {"beta", config.beta ? ordered_json(*config.beta) : ordered_json(nullptr)}};
}

PreMixConfig architecture_from(const json& document) {
  PreMixConfig config;
  config.bands = document.at("bands").get<int>();
  config.embed_dim = document.at("embed_dim").get<int>();
  config.kernel_size = document.at("kernel_size").get<int>();
  config.pf_kernel = document.at("pf_kernel").get<int>();
  config.num_layers = document.at("num_layers").get<int>();
  config.mixing = document.at("EWFM").get<bool>();
  config.activation = activation_by_name(document.at("activation").get<std::string>());
  if (!document.at("beta").is_null()) config.beta = document.at("beta").get<double>();
  config.check();
  return config;
}

// Sensors of files without a list: the one of the training images.
std::vector<std::string> default_sensors(const WeightsInfo& info) {
  return info.sensor.empty() ? std::vector<std::string>{} : std::vector{info.sensor};
}

ordered_json info_json(const WeightsInfo& info) {
  ordered_json document = {{"sensor", info.sensor},
                           {"bands", info.bands},
                           {"max_val", info.max_val},
                           {"ratio", info.ratio},
                           {"degradation", info.degradation},
                           {"clahe_cell", info.clahe_cell},
                           {"premix_version", info.premix_version}};
  if (!info.scale.empty()) document.update({{"scale", info.scale}, {"offset", info.offset}});
  if (info.sensors != default_sensors(info)) document["sensors"] = info.sensors;
  if (info.quality != WeightsQuality::best) document["quality"] = weights_quality_name(info.quality);
  return document;
}

WeightsInfo info_from(const json& document) {
  WeightsInfo info;
  info.sensor = document.at("sensor").get<std::string>();
  info.bands = document.at("bands").get<std::vector<std::string>>();
  info.max_val = document.at("max_val").get<double>();
  info.ratio = document.at("ratio").get<double>();
  info.degradation = document.at("degradation").get<std::string>();
  info.clahe_cell = document.at("clahe_cell").get<int>();
  info.premix_version = document.at("premix_version").get<std::string>();
  info.sensors = default_sensors(info);
  if (document.contains("sensors")) info.sensors = document.at("sensors").get<std::vector<std::string>>();
  if (document.contains("quality")) info.quality = weights_quality_by_name(document.at("quality").get<std::string>());
  if (document.contains("scale")) info.scale = document.at("scale").get<std::vector<double>>();
  if (document.contains("offset")) info.offset = document.at("offset").get<std::vector<double>>();
  return info;
}

// Returns the first problem of the info, or nullptr.
const char* problem(const WeightsInfo& info, const PreMixConfig& config) {
  const auto bands = static_cast<std::size_t>(config.bands);
  const auto finite = [](const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  };
  if (!info.bands.empty() && info.bands.size() != bands) return "each band needs a name";
  if (!(std::isfinite(info.max_val) && info.max_val >= 0)) return "max_val must be the largest count, or 0";
  if (info.scale.size() != info.offset.size() || (!info.scale.empty() && info.scale.size() != bands + 1))
    return "each band and PAN need a scale and an offset";
  if (!finite(info.scale) || !finite(info.offset) || std::count(info.scale.begin(), info.scale.end(), 0.0) > 0)
    return "scale must be finite and not 0, offset finite";
  if (!(std::isfinite(info.ratio) && info.ratio > 0)) return "ratio must be above 0";
  if (std::count(info.sensors.begin(), info.sensors.end(), "") > 0) return "each sensor needs a name";
  if (info.clahe_cell < 0) return "clahe_cell must not be negative";
  return nullptr;
}

}  // namespace

void set_weights_metadata(SafetensorsWriter& writer, const PreMixConfig& config, const WeightsInfo& info) {
  const char* wrong = problem(info, config);
  PREMIX_CHECK(wrong == nullptr, "save_weights: ", wrong);
  PREMIX_CHECK(json::accept(info.manifest), "save_weights: the manifest is not JSON");
  writer.set_metadata("format", "pt");
  try {
    writer.set_metadata("architecture", architecture_json(config).dump());
    writer.set_metadata("info", info_json(info).dump());
  } catch (const json::exception&) {
    fail(ErrorKind::runtime, "save_weights: names of sensor and bands must be UTF-8");
  }
  writer.set_metadata("manifest", info.manifest);
}

std::optional<WeightsMetadata> weights_metadata(const SafetensorsReader& reader) {
  const auto& metadata = reader.metadata();
  if (!metadata.contains("architecture")) return std::nullopt;
  const auto refuse = [&](const std::string& why) {
    fail(ErrorKind::data, reader.path().string(), ": invalid metadata: ", why,
         ". Use a file as premix-train wrote it.");
  };
  WeightsMetadata result;
  try {
    result.config = architecture_from(json::parse(metadata.at("architecture")));
    const auto info = metadata.find("info");
    if (info != metadata.end()) result.info = info_from(json::parse(info->second));
  } catch (const json::exception& error) {
    refuse(error.what());
  } catch (const Error& error) {
    refuse(error.what());
  }
  if (const char* wrong = problem(result.info, result.config)) refuse(wrong);
  const auto manifest = metadata.find("manifest");
  if (manifest != metadata.end()) result.info.manifest = manifest->second;
  return result;
}

}  // namespace premix::io
