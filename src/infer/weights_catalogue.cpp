#include "premix/infer/weights_catalogue.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "infer/weights_folders.hpp"
#include "io/checkpoint/metadata.hpp"
#include "premix/core/text.hpp"
#include "premix/data/sensors.hpp"

namespace premix {
namespace fs = std::filesystem;

namespace {

const std::string extension = ".safetensors";

// Tensors of a training state have a '/' in their names.
std::int64_t parameters_in(const SafetensorsReader& reader) {
  std::int64_t count = 0;
  for (const auto& entry : reader.entries())
    if (entry.name.find('/') == std::string::npos)
      count += std::accumulate(entry.shape.begin(), entry.shape.end(), std::int64_t{1}, std::multiplies<>());
  return count;
}

CatalogueWeights described(const fs::path& path) {
  const SafetensorsReader reader(path);
  auto metadata = io::weights_metadata(reader);
  if (!metadata)
    fail(ErrorKind::data, path.string(), ": no metadata, so it is never chosen. Write it by save_weights().");
  return {path.stem().string(), path, metadata->config, std::move(metadata->info), parameters_in(reader),
          fs::file_size(path)};
}

// Files NAME.safetensors of a folder, sorted by name. An unreadable folder has none.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed))
    if (entry->path().extension() == extension) files.push_back(entry->path());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.stem() < b.stem(); });
  return files;
}

bool is_for(const WeightsInfo& info, const std::string& sensor) {
  return std::any_of(info.sensors.begin(), info.sensors.end(),
                     [&](const std::string& own) { return same_sensor(own, sensor); });
}

bool fits(const CatalogueWeights& weights, const WeightsRequest& request) {
  constexpr double tolerance = 0.02;  // as of open_scene()
  const WeightsInfo& info = weights.info;
  const bool for_sensor = info.sensors.empty() || (request.sensor && is_for(info, *request.sensor));
  return for_sensor && weights.architecture.bands == request.bands &&
         std::abs(request.ratio / info.ratio - 1) <= tolerance;
}

std::string sensor_text(const WeightsRequest& request) { return request.sensor.value_or("an unknown sensor"); }

// request.ratio, rounded to what a reader needs.
double short_ratio(double ratio) { return std::round(ratio * 1000) / 1000; }

std::string reason_for(const CatalogueWeights& weights, const WeightsRequest& request) {
  const std::string whom = weights.info.sensors.empty() ? "for any sensor (scene of " + sensor_text(request) + ")"
                                                        : "for " + *request.sensor;
  const std::string other = weights.info.quality == request.quality
                                ? ""
                                : concat(", none of quality ", weights_quality_name(request.quality), " fit");
  return concat(whom, ", ratio ", weights.info.ratio, ", ", weights.architecture.bands, " bands", other);
}

}  // namespace

WeightsCatalogue::WeightsCatalogue(std::vector<fs::path> folders) : folders_(std::move(folders)) {
  for (const fs::path& folder : folders_) {
    for (const fs::path& path : files_in(folder)) {
      const auto same_name = [&](const CatalogueWeights& weights) { return weights.name == path.stem(); };
      if (std::any_of(weights_.begin(), weights_.end(), same_name)) continue;
      try {
        weights_.push_back(described(path));
      } catch (const Error& error) {
        problems_.push_back(error.message());
      } catch (const fs::filesystem_error& error) {
        problems_.push_back(message(error.what()));
      }
    }
  }
}

fs::path WeightsCatalogue::find(const std::string& name_or_path) const {
  if (infer::is_weights_path(name_or_path)) return name_or_path;
  for (const CatalogueWeights& weights : weights_)
    if (weights.name == name_or_path) return weights.path;
  const std::string names = detail::joined(weights_, ", ", [](const auto&weights) { return weights.name; }),
                    searched = detail::joined(folders_, ", ", [](const fs::path&folder) { return folder.string(); });
  fail(ErrorKind::usage, "no weights named '", name_or_path, "'. Known: ", names.empty() ? "none" : names, ", in ",
       searched.empty() ? "no folder" : searched, ". Name one of them, or a file.");
}

WeightsChoice WeightsCatalogue::choose(const WeightsRequest& request) const {
  const auto named = [&](const CatalogueWeights& weights) { return is_for(weights.info, *request.sensor); };
  if (request.sensor && std::none_of(weights_.begin(), weights_.end(), named)) find_sensor(*request.sensor);
  const auto rank = [&](const CatalogueWeights& weights) {
    return (weights.info.sensors.empty() ? 2 : 0) + (weights.info.quality == request.quality ? 0 : 1);
  };
  const CatalogueWeights* best = nullptr;
  for (const CatalogueWeights& weights : weights_)
    if (fits(weights, request) && (!best || rank(weights) < rank(*best))) best = &weights;
  if (best) return {*best, reason_for(*best, request)};
  return {std::nullopt, concat("no weights fit ", sensor_text(request), ", ratio ", short_ratio(request.ratio), ", ",
                               request.bands, request.bands == 1 ? " band" : " bands")};
}

fs::path find_weights(const std::string& name_or_path) {
  if (infer::is_weights_path(name_or_path)) return name_or_path;
  return WeightsCatalogue().find(name_or_path);
}

}  // namespace premix
