#pragma once

#include <optional>
#include <string>
#include <vector>

#include "premix/infer/band_range.hpp"
#include "premix/infer/bands.hpp"
#include "premix/infer/grid.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/io/raster.hpp"

namespace premix {

/// Which part of the PAN image is fused.
enum class Extent {
  pan,    // the whole; an error where the MS does not serve all of it
  common  // what the MS serves, on the PAN's pixels
};

struct SceneOptions {
  std::vector<int> bands = {};                   // of the MS, from 1 over all its files, in the weights' order; empty: match_bands()
  std::optional<double> max_val = {};            // the count that becomes 1; else as the weights say
  std::optional<Alignment> assume_aligned = {};  // instead of the geotransforms
  Extent extent = Extent::pan;
  std::optional<std::string> data_type = {};  // of the output, GDAL's name; else the MS's
  bool allow_ratio = false;                   // more than 2 % off the weights'
  bool allow_range = false;                   // counts outside the range in more than 0.1 % of a band's pixels
  bool ignore_nodata = false;                 // takes nodata for counts like any other
};

/// A band of a raster file.
struct BandSource {
  std::string name;  // as the weights call it; may be empty
  std::string path;
  int band = 1;
};

/// A PAN image and the MS image of the same ground, ready to be fused.
struct Scene {
  Tensor<float> pan;  // (1, H, W, 1), in about [0, 1]
  Tensor<float> ms;   // (1, h, w, B), in the weights' order
  GridMap map;        // where the PAN's pixels lie in the MS
  std::vector<BandSource> bands;
  MatchedBy matched_by = MatchedBy::position;
  std::vector<BandRange> ranges;  // of each MS band
  RasterInfo output;              // of the fused image: the PAN's grid and CRS; the MS's names, data type, nodata, scale and offset
};

/// Reads a scene for weights of config and info. Paths are rasters, "FILE,band=N" one band of a raster; the MS may be spread over several
/// files of one grid. Alpha bands are passed over. Throws a data or usage Error that names file and remedy: no geotransform, different CRS,
/// axes not parallel, no common ground, an MS that does not serve the whole PAN, a ratio that is not the weights', bands that can't be
/// matched, counts out of range, nodata or masked pixels.
Scene read_scene(const std::string& pan, const std::vector<std::string>& ms, const PreMixConfig& config, const WeightsInfo& info,
                 const SceneOptions& options = {});

}  // namespace premix
