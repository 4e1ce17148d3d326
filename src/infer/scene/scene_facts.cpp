#include "infer/scene/scene_facts.hpp"

#include <cmath>
#include <filesystem>

#include "infer/scene/resume_key.hpp"
#include "infer/scene/scene_files.hpp"
#include "infer/scene/scene_placement.hpp"
#include "premix/core/error.hpp"
#include "premix/data/sensors.hpp"

namespace premix::infer {
namespace {

std::string item_of(const std::map<std::string, std::string>& items, const std::string& key) {
  const auto found = items.find(key);
  return found == items.end() ? "" : found->second;
}

std::string satellite_of(const RasterInfo& info) {
  const auto imagery = info.domains.find("IMAGERY");
  return imagery == info.domains.end() ? "" : item_of(imagery->second, "SATELLITEID");
}

std::string name_of_file(const std::string& source) {
  return std::filesystem::path(file_of_source(source)).filename().string();
}

// Sets the sensor by the first text that mentions one.
void find_sensor_in(SceneFacts& facts, const SceneFiles& files, const RasterInfo& pan, const RasterInfo& ms) {
  const std::string description = "TIFFTAG_IMAGEDESCRIPTION";
  std::string names = name_of_file(files.pan);
  for (const std::string& source : files.ms) names += ", " + name_of_file(source);
  const std::pair<const char*, std::string> texts[] = {
      {"metadata SATELLITEID", satellite_of(pan) + ", " + satellite_of(ms)},
      {"file names", names},
      {"TIFF descriptions", item_of(pan.metadata, description) + ", " + item_of(ms.metadata, description)}};
  for (const auto& [source, text] : texts) {
    const Sensor* sensor = mentioned_sensor(text);
    if (sensor == nullptr) continue;
    facts.sensor = sensor->name;
    facts.sensor_source = source;
    return;
  }
}

}  // namespace

SceneFacts facts_of(const SceneFiles& files, const SceneOptions& options) {
  if (files.ms.empty()) fail(ErrorKind::usage, "a scene needs at least one MS file");
  const SceneImage pan = describe_image({files.pan}, options.data_type),
                   ms = describe_image(files.ms, options.data_type);
  const GridMap map = map_scene(pan, ms, std::nullopt, options);
  SceneFacts facts;
  find_sensor_in(facts, files, pan.info, ms.info);
  facts.ratio = std::sqrt(map.column_ratio() * map.row_ratio());
  facts.bands = static_cast<std::int64_t>(options.bands.empty() ? ms.bands.size() : options.bands.size());
  return facts;
}

}  // namespace premix::infer
