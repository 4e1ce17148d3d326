#include "infer/scene_inputs.hpp"

#include <cmath>
#include <cstdlib>

#include "infer/crs.hpp"
#include "premix/core/error.hpp"

namespace premix {
namespace {

struct Source {
  std::string path;
  std::optional<int> band;
};

// "FILE" or GDAL's "FILE,band=N".
Source parse_source(const std::string& text) {
  static constexpr std::string_view mark = ",band=";
  const auto at = text.rfind(mark);
  if (at == std::string::npos) return {text, std::nullopt};
  const std::string number = text.substr(at + mark.size());
  char* end = nullptr;
  const long band = std::strtol(number.c_str(), &end, 10);
  if (number.empty() || *end != '\0' || band < 1)
    fail(ErrorKind::usage, text, ": '", number, "' is no number of a band; they count from 1");
  return {text.substr(0, at), static_cast<int>(band)};
}

void offer_bands(std::vector<OfferedBand>& offered, const Source& source, const RasterInfo& info) {
  const int count = static_cast<int>(info.bands.size());
  if (source.band && *source.band > count) fail(ErrorKind::data, source.path, ": has ", count, " bands and no band ", *source.band);
  for (int band = 1; band <= count; ++band) {
    const RasterBand& described = info.bands[static_cast<std::size_t>(band - 1)];
    const bool wanted = source.band ? band == *source.band : described.color_interpretation != "Alpha";
    if (wanted) offered.push_back({source.path, band, described});
  }
}

// One file of an image against its first.
void check_same_grid(const std::string& path, const RasterInfo& info, const SceneImage& first) {
  if (info.width != first.info.width || info.height != first.info.height)
    fail(ErrorKind::data, path, ": ", info.width, " x ", info.height, " pixels, ", first.path, " has ", first.info.width, " x ",
         first.info.height, ": the files of one image must share one grid (gdalwarp brings them to it)");
  if (info.geo.has_geotransform != first.info.geo.has_geotransform || !same_crs(info.geo.crs_wkt, first.info.geo.crs_wkt))
    fail(ErrorKind::data, path, ": its georeference is not that of ", first.path, ": the files of one image must share one");
  if (!info.geo.has_geotransform) return;
  constexpr double tolerance = 0.01;  // pixels
  const auto differs = [&](AxisMap map, std::int64_t pixels) {
    const double last = static_cast<double>(pixels - 1);
    return std::abs(map.offset) > tolerance || std::abs(last * map.scale + map.offset - last) > tolerance;
  };
  const GridMap map = map_by_geotransform({info.width, info.height, info.geo.geotransform}, first.grid());
  if (differs(map.rows, info.height) || differs(map.columns, info.width))
    fail(ErrorKind::data, path, ": lies ", map.columns.offset, " columns and ", map.rows.offset, " rows off ", first.path,
         ": the files of one image must share one grid (gdalwarp brings them to it)");
}

void check_masks(const std::string& path, const RasterInfo& info, const SceneOptions& options) {
  if (info.has_mask && !options.ignore_nodata)
    fail(ErrorKind::data, path,
         ": has an alpha band or a mask, which says that some pixels are no data: cut both images to a part without ",
         "(gdal_translate -projwin), or give --ignore-nodata");
}

void check_georeferences(const SceneImage& pan, const SceneImage& ms) {
  for (const SceneImage* image : {&pan, &ms})
    if (!image->info.geo.has_geotransform)
      fail(ErrorKind::data, image->path, ": has no geotransform",
           !image->info.geo.rpc.empty() || !image->info.geo.gcps.empty() ? ", only RPCs or GCPs (gdalwarp turns them into one)" : "",
           ": give --assume-aligned=edges where PAN and MS cover the same ground, --assume-aligned=centres where the centres of their "
           "corner ",
           "pixels agree, or georeference it (gdal_translate -a_ullr)");
  const std::string &pan_crs = pan.info.geo.crs_wkt, &ms_crs = ms.info.geo.crs_wkt;
  if (same_crs(pan_crs, ms_crs)) return;
  const std::string target = crs_name(pan_crs);
  if (pan_crs.empty() || ms_crs.empty()) {
    const bool pan_lacks = pan_crs.empty();
    fail(ErrorKind::data, pan_lacks ? pan.path : ms.path, ": has no CRS, the other image is in ", crs_name(pan_lacks ? ms_crs : pan_crs),
         ": say what it is in (gdal_edit.py -a_srs)");
  }
  fail(ErrorKind::data, ms.path, ": is in ", crs_name(ms_crs), ", ", pan.path, " in ", target, ": bring it there: gdalwarp -t_srs ",
       target.starts_with('"') ? "\"$(gdalsrsinfo -o wkt2 " + pan.path + ")\"" : target, " -r cubic ", ms.path, " ms_warped.tif");
}

void check_ratio(const SceneImage& ms, const GridMap& map, double weights_ratio, const SceneOptions& options) {
  constexpr double tolerance = 0.02;
  const auto off = [&](double ratio) { return !(std::abs(ratio / weights_ratio - 1) <= tolerance); };
  if (options.allow_ratio || !(off(map.column_ratio()) || off(map.row_ratio()))) return;
  fail(ErrorKind::data, ms.path, ": its pixels are ", map.column_ratio(), " x ", map.row_ratio(),
       " PAN pixels, the weights are for a ratio of ", weights_ratio, ": use weights for this ratio, or give --allow-ratio");
}

}  // namespace

SceneImage describe_image(const std::vector<std::string>& sources, const SceneOptions& options) {
  SceneImage image;
  for (const std::string& text : sources) {
    const Source source = parse_source(text);
    const RasterInfo info = read_raster_info(source.path);
    check_masks(source.path, info, options);
    if (image.path.empty()) image.path = source.path, image.info = info;
    check_same_grid(source.path, info, image);
    if (info.data_type != image.info.data_type && !options.data_type)
      fail(ErrorKind::usage, source.path, ": ", info.data_type, ", ", image.path, " is ", image.info.data_type,
           ": say by -ot what the output is to be");
    image.info.bits = std::max(image.info.bits, info.bits);
    offer_bands(image.bands, source, info);
  }
  return image;
}

GridMap map_scene(const SceneImage& pan, const SceneImage& ms, double weights_ratio, const SceneOptions& options) {
  GridMap map;
  if (options.assume_aligned) {
    map = map_by_size(pan.grid(), ms.grid(), *options.assume_aligned);
  } else {
    check_georeferences(pan, ms);
    try {
      map = map_by_geotransform(pan.grid(), ms.grid());
    } catch (const Error& error) {
      fail(error.kind(), ms.path, ": ", error.what(), ": bring both to one orientation (gdalwarp -r cubic)");
    }
  }
  check_ratio(ms, map, weights_ratio, options);
  return map;
}

Window fused_part(const GridMap& map, const SceneImage& pan, const SceneImage& ms, Extent extent) {
  const Window part = served_part(map, pan.grid(), ms.grid());
  if (part.empty())
    fail(ErrorKind::data, ms.path, ": has no ground in common with ", pan.path,
         ": these are different places, or one of them is georeferenced wrongly", " (gdalinfo shows the corners)");
  const Window whole = {0, 0, pan.info.height, pan.info.width};
  if (extent == Extent::common || part == whole) return part;
  fail(ErrorKind::data, ms.path, ": serves only columns ", part.left, " to ", part.left + part.width - 1, " and rows ", part.top, " to ",
       part.top + part.height - 1, " of the ", pan.info.width, " x ", pan.info.height, " of ", pan.path,
       ": give --extent=common to fuse that part");
}

}  // namespace premix
