#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "premix/infer/scene/fuse_scene.hpp"

namespace premix::infer {

/// Facts of a scene that decide on its weights.
struct SceneFacts {
  std::optional<std::string> sensor = {};  // name of a known sensor
  std::string sensor_source = {};          // where it is named: "file names"
  double ratio = 0;                        // PAN pixels along one MS pixel, geometric mean of both axes
  std::int64_t bands = 0;                  // SceneOptions::bands, else all of the MS
};

/// Reads the headers of the files. The sensor is named by GDAL's metadata SATELLITEID, else by the file names, else by
/// TIFF descriptions. Throws like open_scene().
SceneFacts facts_of(const SceneFiles& files, const SceneOptions& options);

}  // namespace premix::infer
