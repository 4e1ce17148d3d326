#pragma once

#include <optional>
#include <string>
#include <vector>

#include "premix/infer/bands.hpp"
#include "premix/infer/scene_source.hpp"
#include "premix/io/band_range.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/io/raster.hpp"

namespace premix {

/// Extent of a product, on the PAN grid, where PAN and MS cover different ground.
enum class Extent {
  none,          // the whole PAN; nodata outside the MS
  intersection,  // PAN pixels covered by the MS (served_part())
  union_         // the PAN grid extended over all of PAN and MS; nodata where either is missing
};

/// Rectangle on the ground: two opposite corners, in CRS units.
struct GroundBox {
  double ulx = 0, uly = 0, lrx = 0, lry = 0;
};

struct SceneOptions {
  std::vector<int> bands = {};         // of the MS, from 1 across all its files, in method order; empty: match_bands()
  std::optional<double> max_val = {};  // count mapped to 1; default: WantedBands, else measured
  std::optional<Alignment> assume_aligned = {};  // replaces the geotransforms
  Extent extent = Extent::none;
  std::optional<GroundBox> projwin = {};      // crop of the product, as gdal_translate -projwin
  std::optional<Window> srcwin = {};          // crop of the product, PAN pixels
  std::optional<std::string> data_type = {};  // of the output, GDAL name; default: the MS's
  std::optional<double> nodata = {};          // nodata count of PAN and MS; overrides the files
  bool allow_ratio = false;                   // accept a ratio more than 2 % off the wanted one
  bool allow_range = false;                   // accept more than 0.1 % of a band's pixels out of range
  bool ignore_nodata = false;                 // treat nodata and masked pixels as valid
};

/// Requirements of a method on the bands of a scene.
struct WantedBands {
  std::size_t count = 0;                        // MS bands; 0: those in SceneOptions::bands, else all
  std::vector<std::string> names = {};          // in method order; empty, or empty strings, if unknown
  std::optional<double> ratio = {};             // PAN pixels per MS pixel; empty: any
  double max_val = 0;                           // count mapped to 1; 0: unknown
  std::vector<double> scale = {}, offset = {};  // as in WeightsInfo
  bool needs_range = true;                      // false for methods linear in the counts: without a range, 1 count is 1
};

/// Requirements of a network.
WantedBands wanted_by(const PreMixConfig& config, const WeightsInfo& info);

/// A band of a raster file.
struct BandSource {
  std::string name;  // the method's name, else the file's; may be empty
  std::string path;
  int band = 1;
};

/// Description of a scene and its product.
///
/// Counts are raw file counts: scale and offset of a file are not applied. The output has MS counts and keeps the MS's
/// scale and offset. Ranges are counts too: one per band if the weights know them, else one for all. If bands differ in
/// scale or offset (e.g. Landsat reflectances), the single range is that of the first MS band; other scaled bands get
/// the range of the same physical values. Unscaled bands (scale 1, offset 0) get the range unchanged.
struct SceneDescription {
  Window product;  // extent of the output, PAN pixels; may exceed the PAN. Pixels outside the part are nodata
  BandSource pan;
  std::vector<BandSource> bands;  // of the MS, in method order
  MatchedBy matched_by = MatchedBy::position;
  std::vector<BandRange> ranges;  // of each MS band; output counts are limited by the data type only
  BandRange pan_range;
  std::optional<double> measured_max_val = {};  // of a scene of unknown range: 99.9 % quantile of the brightest band
  /// The fused product. From the PAN: grid, CRS, RPCs and, without geotransform, GCPs. From the MS: names, colours,
  /// data type, scale, offset, and metadata with their domains, if its files agree and they still hold. All bands share
  /// one nodata value, since some formats store only one: the first that the data type can hold of
  /// SceneOptions::nodata, the MS's and the PAN's; else 0, or NaN in floating point types, if pixels may be invalid.
  RasterInfo output;
  bool output_nodata_chosen = false;   // the nodata value is a default: tell the user
  std::vector<Message> warnings = {};  // one line each
};

/// A PAN and an MS image of the same ground, opened for reads by window.
///
/// A pixel is invalid if it has the band's nodata value, is masked by the file, has alpha 0, or is not finite. An MS
/// pixel is valid if all its bands are.
struct Scene : SceneDescription {
  SceneSource source;  // map and part: in pixels of the whole PAN
};

/// Opens a scene. Paths are GDAL rasters; "FILE,band=N" selects one band; the MS may be split over several files of one
/// grid. Files stay open as long as a copy of the callbacks lives. Reads headers and, to check ranges, at most 16
/// windows of 128 x 128 pixels per image.
///
/// Throws a data or usage Error that names file and remedy: no geotransform, different CRS, axes not parallel, no
/// common ground, a window outside the product, a wrong ratio, unmatched bands, complex numbers, counts out of range.
/// If neither options nor wanted tell a range that the method needs, all pixels are read once to measure it.
/// The callbacks throw a data Error with file, band, rows and columns if pixels can't be read.
Scene open_scene(const std::string& pan, const std::vector<std::string>& ms, const WantedBands& wanted,
                 const SceneOptions& options = {});

/// Replaces the scene's map, e.g. after a shift measurement. Adds a nodata value to the output if the MS then no longer
/// covers all pixels of the part.
void use_map(Scene& scene, const GridMap& map);

}  // namespace premix
