#include "infer/scene/scene_files.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "infer/scene/crs.hpp"
#include "premix/core/error.hpp"

namespace premix::infer {
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
    fail(ErrorKind::usage, text, ": '", number, "' is not a band number. Bands count from 1.");
  return {text.substr(0, at), static_cast<int>(band)};
}

void offer_bands(std::vector<OfferedBand>& offered, const Source& source, const RasterInfo& info) {
  const int count = static_cast<int>(info.bands.size());
  if (source.band && *source.band > count)
    fail(ErrorKind::data, source.path, ": ", count, " bands, no band ", *source.band);
  for (int band = 1; band <= count; ++band) {
    const RasterBand& described = info.bands[static_cast<std::size_t>(band - 1)];
    const bool wanted = source.band ? band == *source.band : described.color_interpretation != "Alpha";
    if (wanted) offered.push_back({source.path, band, described});
  }
}

// Checks one file of an image against the first.
void check_same_grid(const std::string& path, const RasterInfo& info, const SceneImage& first) {
  if (info.width != first.info.width || info.height != first.info.height)
    fail(ErrorKind::data, path, ": ", info.width, " x ", info.height, " pixels, ", first.path, " has ",
         first.info.width, " x ", first.info.height,
         ". Files of one image must share one grid. Bring them to it by gdalwarp.");
  if (info.geo.has_geotransform != first.info.geo.has_geotransform ||
      !same_crs(info.geo.crs_wkt, first.info.geo.crs_wkt))
    fail(ErrorKind::data, path, ": its georeference differs from ", first.path, ". Files of one image must share one.");
  if (!info.geo.has_geotransform) return;
  constexpr double tolerance = 0.01;  // pixels
  const auto differs = [&](AxisMap map, std::int64_t pixels) {
    const double last = static_cast<double>(pixels - 1);
    return std::abs(map.offset) > tolerance || std::abs(map.at(last) - last) > tolerance;
  };
  const GridMap map = map_by_geotransform({info.width, info.height, info.geo.geotransform}, first.grid());
  if (differs(map.rows, info.height) || differs(map.columns, info.width))
    fail(ErrorKind::data, path, ": shifted by ", map.columns.offset, " columns and ", map.rows.offset, " rows against ",
         first.path, ". Files of one image must share one grid. Bring them to it by gdalwarp.");
}

// 0 means all bits of the type.
int wider_bits(int a, int b) { return a == 0 || b == 0 ? 0 : std::max(a, b); }

using Items = std::map<std::string, std::string>;

void keep_agreed(Items& items, const Items& others) {
  std::erase_if(items, [&](const auto& item) {
    const auto same = others.find(item.first);
    return same == others.end() || same->second != item.second;
  });
}

// Keeps only metadata on which another file of the image agrees.
void keep_agreed(RasterInfo& info, const RasterInfo& other) {
  keep_agreed(info.metadata, other.metadata);
  for (auto& [name, items] : info.domains) {
    const auto same = other.domains.find(name);
    keep_agreed(items, same == other.domains.end() ? Items{} : same->second);
  }
}

}  // namespace

SceneImage describe_image(const std::vector<std::string>& sources, const std::optional<std::string>& data_type) {
  SceneImage image;
  for (const std::string& text : sources) {
    const Source source = parse_source(text);
    const RasterInfo info = read_raster_info(source.path);
    if (image.path.empty()) {
      image.path = source.path;
      image.info = info;
    }
    check_same_grid(source.path, info, image);
    if (info.data_type != image.info.data_type && !data_type)
      fail(ErrorKind::usage, source.path, ": ", info.data_type, ", ", image.path, " is ", image.info.data_type,
           ". Set ", Option("data_type"), " of the output.");
    image.info.bits = wider_bits(image.info.bits, info.bits);
    keep_agreed(image.info, info);
    offer_bands(image.bands, source, info);
  }
  if (image.bands.empty()) fail(ErrorKind::data, image.path, ": no band but alpha");
  return image;
}

}  // namespace premix::infer
