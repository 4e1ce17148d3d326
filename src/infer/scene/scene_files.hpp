#pragma once

#include <string>
#include <vector>

#include "premix/infer/grid.hpp"
#include "premix/infer/scene/scene.hpp"

namespace premix {

/// One band that a file offers.
struct OfferedBand {
  std::string path;
  int band = 1;
  RasterBand described;
};

/// What the files of one image say of it.
struct SceneImage {
  std::string path;  // of the first file, for messages
  RasterInfo info;   // of the first file; bits and metadata of all
  std::vector<OfferedBand> bands;

  Grid grid() const { return {info.width, info.height, info.geo.geotransform}; }
  Window whole() const { return {0, 0, info.height, info.width}; }
};

/// Describes the files, which must agree in grid and CRS and, unless data_type says what is to become of it, in data
/// type. Sources are "FILE" or "FILE,band=N". Alpha bands are passed over unless they are named.
SceneImage describe_image(const std::vector<std::string>& sources, const std::optional<std::string>& data_type);

}  // namespace premix
