#pragma once

#include <string>
#include <vector>

#include "premix/infer/scene.hpp"

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
  RasterInfo info;   // of the first file
  std::vector<OfferedBand> bands;

  Grid grid() const { return {info.width, info.height, info.geo.geotransform}; }
};

/// Describes the files, which must agree in grid, CRS and, for integer types, in what a count means; alpha bands are left out.
SceneImage describe_image(const std::vector<std::string>& sources, const SceneOptions& options);

/// Where the PAN's pixels lie in the MS; all checks of geotransforms, CRS and ratio.
GridMap map_scene(const SceneImage& pan, const SceneImage& ms, double weights_ratio, const SceneOptions& options);

/// The part of the PAN that is fused.
Window fused_part(const GridMap& map, const SceneImage& pan, const SceneImage& ms, Extent extent);

/// The counts of a band in a window of its raster, (1, H, W, 1), checked for nodata, for what is not a number, and for the range.
Tensor<float> read_counts(const OfferedBand& band, const BandRange& range, const SceneOptions& options);

}  // namespace premix
