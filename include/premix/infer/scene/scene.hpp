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

/// Which pixels a product has, where PAN and MS cover different ground. All are on the PAN's grid.
enum class Extent {
  none,          // the PAN's own; those that the MS does not serve are nodata
  intersection,  // those of the PAN that the MS serves (served_part())
  union_  // the PAN's and those that continue its grid over all of the MS; nodata where one of the two is missing
};

/// A rectangle on the ground by two opposite corners, in the units of the CRS.
struct GroundBox {
  double ulx = 0, uly = 0, lrx = 0, lry = 0;
};

struct SceneOptions {
  std::vector<int> bands = {};  // of the MS, from 1 over all its files, in the order wanted; empty: match_bands()
  std::optional<double> max_val = {};            // the count that becomes 1; else as WantedBands says
  std::optional<Alignment> assume_aligned = {};  // instead of the geotransforms
  Extent extent = Extent::none;
  std::optional<GroundBox> projwin = {};  // a crop of the product: the pixels that gdal_translate -projwin takes of it
  std::optional<Window> srcwin = {};      // the same in pixels of the PAN
  std::optional<std::string> data_type = {};  // of the output, GDAL's name; else the MS's
  std::optional<double> nodata = {};  // the count that is no data, in PAN and MS, in place of what the files say
  bool allow_ratio = false;           // more than 2 % off the one wanted
  bool allow_range = false;           // counts outside the range in more than 0.1 % of a band's pixels
  bool ignore_nodata = false;         // takes nodata and masked pixels for counts like any other
};

/// What a method wants of a scene's bands.
struct WantedBands {
  std::size_t count = 0;                // of the MS; 0: those that SceneOptions numbers, else all
  std::vector<std::string> names = {};  // in the method's order; empty, or with empty texts, where it knows none
  std::optional<double> ratio = {};     // PAN pixels along an MS pixel; any where there is none
  double max_val = 0;                   // the count that becomes 1; 0 where not known
  std::vector<double> scale = {}, offset = {};  // as in WeightsInfo
  bool needs_range = true;  // false: for methods linear in the counts; where no range is given, 1 count is 1
};

/// What a network wants.
WantedBands wanted_by(const PreMixConfig& config, const WeightsInfo& info);

/// A band of a raster file.
struct BandSource {
  std::string name;  // as the method calls it, else as the file does; may be empty
  std::string path;
  int band = 1;
};

/// What is known of a scene and of its product.
///
/// Counts are those of the files: a file's scale and offset are not applied, and the output, in the MS's counts, keeps
/// the MS's. Ranges are counts, too: those of each band where the weights know them, else one for all. Where bands come
/// in different scalings of their own (Landsat's reflectances, say, in files that count them differently), the one
/// range is that of the first MS band, and other bands with a scaling have the range of the same physical values. A
/// band that has none (scale 1, offset 0) has the range as it stands.
struct SceneDescription {
  Window product;  // what the output covers, in pixels of the PAN; may reach beyond it. All outside the part is nodata
  BandSource pan;
  std::vector<BandSource> bands;  // of the MS, in the order wanted
  MatchedBy matched_by = MatchedBy::position;
  std::vector<BandRange> ranges;  // of each MS band; an output may hold any count that its data type has
  BandRange pan_range;
  /// Of the fused product: its size; the PAN's grid, CRS, RPCs and, without geotransform, GCPs; the MS's names,
  /// colours, data type, scale and offset; its metadata and their domains, without what is no longer true, as far as
  /// its files agree. All bands have one nodata value, if any, as some formats have but one: SceneOptions::nodata, else
  /// the MS's, else the PAN's, where the data type can hold it; else, where a pixel may be invalid, 0, or NaN in
  /// floating point types.
  RasterInfo output;
  bool output_nodata_chosen = false;   // nobody named the nodata value that the output has: tell the user
  std::vector<Message> warnings = {};  // one line each
};

/// A PAN image and an MS image of the same ground, open and ready to be read by windows.
///
/// A pixel of an image is valid unless the band's nodata value, a mask of the file or its alpha band (where it is 0)
/// says otherwise, each for itself; what is not finite never is. An MS pixel is valid where all its bands are.
struct Scene : SceneDescription {
  SceneSource source;  // map and part in pixels of the whole PAN
};

/// Opens a scene. Paths are rasters that GDAL opens, "FILE,band=N" one band of a raster; the MS may be spread over
/// several files of one grid. Files stay open as long as a copy of the callbacks lives.
/// Reads nothing but headers and, for the check of the range, at most 16 windows of 128 x 128 pixels of each image.
///
/// Throws a data or usage Error that names file and remedy: no geotransform, different CRS, axes not parallel, no
/// common ground, a window outside the product, a ratio that is not the one wanted, bands that can't be matched,
/// complex numbers, counts out of range. The callbacks throw a data Error where pixels can't be read, with
/// file, band, rows and columns.
Scene open_scene(const std::string& pan, const std::vector<std::string>& ms, const WantedBands& wanted,
                 const SceneOptions& options = {});

/// Puts another map in place of the scene's, as a measured shift wants it; the output gets a nodata value where that
/// leaves pixels of the part unserved.
void use_map(Scene& scene, const GridMap& map);

}  // namespace premix
