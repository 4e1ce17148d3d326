#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "data/folder.hpp"
#include "premix/core/error.hpp"
#include "premix/data/pair_folder.hpp"
#include "premix/data/sensors.hpp"
#include "premix/io/raster.hpp"

namespace premix {
namespace {

namespace fs = std::filesystem;

struct RasterPair {
  std::string ms, pan;  // paths; empty if the file is missing
};

// Returns NAME of a file name NAME + ending + .tif or .tiff; empty for other names.
std::string stem_before(const std::string& file, std::string_view ending) {
  const std::string lower = data::lower_case(file);
  for (const char* extension : {".tif", ".tiff"}) {
    const std::string whole = std::string(ending) + extension;
    if (lower.size() > whole.size() && lower.ends_with(whole)) return file.substr(0, file.size() - whole.size());
  }
  return {};
}

void note_path(std::string& path, const fs::path& found) {
  if (!path.empty()) fail(ErrorKind::data, found.string(), ": ", path, " has the same name. Keep one of them.");
  path = found.string();
}

std::map<std::string, RasterPair> list_pairs(const fs::path& folder) {
  std::map<std::string, RasterPair> pairs;
  for (const std::string& file : data::visible_files(folder)) {
    if (const auto name = stem_before(file, "_ms"); !name.empty()) note_path(pairs[name].ms, folder / file);
    if (const auto name = stem_before(file, "_pan"); !name.empty()) note_path(pairs[name].pan, folder / file);
  }
  for (const auto& [name, pair] : pairs) {
    if (pair.pan.empty())
      fail(ErrorKind::data, pair.ms, ": no partner ", name, "_pan.tif. Add it, or remove this file.");
    if (pair.ms.empty())
      fail(ErrorKind::data, pair.pan, ": no partner ", name, "_ms.tif. Add it, or remove this file.");
  }
  return pairs;
}

Tensor<float> read_counts(const std::string& path, const RasterInfo& info) {
  if (info.has_mask)
    fail(ErrorKind::data, path, ": alpha band or mask found. Remove it (gdal_translate -b 1 ... -mask none).");
  const auto counts = read_raster(path);
  const auto values = counts.values();
  for (std::size_t band = 0; band < info.bands.size(); ++band) {
    const auto nodata = info.bands[band].nodata;
    if (!nodata || std::isnan(*nodata)) continue;  // PairSource::load() rejects NaN
    std::int64_t missing = 0;
    for (std::size_t i = band; i < values.size(); i += info.bands.size())
      missing += values[i] == static_cast<float>(*nodata);
    if (missing > 0)
      fail(ErrorKind::data, path, ": ", missing, " pixels of band ", band + 1, " are nodata (", *nodata,
           "). Cut the pair to its valid part.");
  }
  return counts;
}

// Converts a pixel corner of the raster `own` to (column, row) in the raster `other`.
std::array<double, 2> corner_in(const GeoReference& other, const GeoReference& own, double column, double row) {
  const auto &from = own.geotransform, &to = other.geotransform;
  const double x = from[0] + from[1] * column + from[2] * row - to[0];
  const double y = from[3] + from[4] * column + from[5] * row - to[3];
  const double determinant = to[1] * to[5] - to[2] * to[4];
  return {(to[5] * x - to[2] * y) / determinant, (to[1] * y - to[4] * x) / determinant};
}

// The corners of MS and PAN may differ by one PAN pixel. Half a pixel is usual: Landsat's first pixels share their
// centres. A larger offset would blur the training.
void check_same_ground(const std::string& path, const RasterInfo& ms, const RasterInfo& pan) {
  if (!ms.geo.has_geotransform || !pan.geo.has_geotransform) return;
  const std::array<double, 2> fractions = {0, 1};
  for (const double down : fractions)
    for (const double across : fractions) {
      const auto [column, row] =
          corner_in(pan.geo, ms.geo, across * static_cast<double>(ms.width), down * static_cast<double>(ms.height));
      const double columns_off = column - across * static_cast<double>(pan.width),
                   rows_off = row - down * static_cast<double>(pan.height);
      const double off = std::max(std::abs(columns_off), std::abs(rows_off));
      if (!(off <= 1))
        fail(ErrorKind::data, path, ": a corner lies ", off,
             " PAN pixels from the PAN's. Cut both to the same ground.");
    }
}

}  // namespace

PairSource open_raster_pairs(const fs::path& folder, const PairOptions& options) {
  const auto pairs = list_pairs(folder);
  std::vector<std::string> names;
  for (const auto& [name, paths] : pairs) names.push_back(name);
  const double max_val = resolve_max_val(options.max_val, options.sensor);
  const PairSetOptions set = {.max_val = max_val, .ratio = options.ratio, .allow_range = options.allow_range};
  return PairSource(folder.string(), names, set, [=](const std::string& name) {
    const auto& [ms_path, pan_path] = pairs.at(name);
    const RasterInfo ms_info = read_raster_info(ms_path), pan_info = read_raster_info(pan_path);
    check_same_ground(ms_path, ms_info, pan_info);
    ImagePair pair = {.name = name,
                      .ms = scaled_counts(read_counts(ms_path, ms_info), max_val),
                      .pan = scaled_counts(read_counts(pan_path, pan_info), max_val)};
    if (ms_info.geo.has_geotransform && pan_info.geo.has_geotransform) {
      const auto [column, row] = corner_in(pan_info.geo, ms_info.geo, 0, 0);
      pair.pan_row = -row;
      pair.pan_column = -column;
    }
    return pair;
  });
}

}  // namespace premix
