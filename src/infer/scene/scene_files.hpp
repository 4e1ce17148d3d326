#pragma once

#include <string>
#include <vector>

#include "premix/infer/grid.hpp"
#include "premix/infer/scene/scene.hpp"

namespace premix::infer {

/// One band available in a file.
struct OfferedBand {
  std::string path;
  int band = 1;
  RasterBand described;
};

/// Description of one image from its files.
struct SceneImage {
  std::string path;  // of the first file, for messages
  RasterInfo info;   // of the first file; bits and metadata from all
  std::vector<OfferedBand> bands;

  Grid grid() const { return {info.width, info.height, info.geo.geotransform}; }
  Window whole() const { return {0, 0, info.height, info.width}; }
};

/// Describes the files of an image. They must agree in grid, CRS and, unless data_type is given, in data type. Sources
/// are "FILE" or "FILE,band=N". Alpha bands are skipped unless named.
SceneImage describe_image(const std::vector<std::string>& sources, const std::optional<std::string>& data_type);

}  // namespace premix::infer
