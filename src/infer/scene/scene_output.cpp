#include "infer/scene/scene_output.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

namespace premix::infer {
namespace {

// Bands of single-band files are all "Gray"; their names give the colours.
RasterBand output_band(const OfferedBand& source, const std::string& name, bool keep_nodata) {
  RasterBand band = source.described;
  if (band.description.empty()) band.description = name;
  if (band.color_interpretation == "Gray" || band.color_interpretation == "Undefined" ||
      band.color_interpretation.empty()) {
    const std::string meaning = band_meaning(band.description);
    band.color_interpretation = meaning == "red"     ? "Red"
                                : meaning == "green" ? "Green"
                                : meaning == "blue"  ? "Blue"
                                                     : "Undefined";
  }
  if (!keep_nodata) band.nodata.reset();
  return band;
}

// MS metadata on pixels and file that no longer hold for the product.
bool outdated(const std::string& key) {
  static const std::vector<std::string> exact = {"AREA_OR_POINT",
                                                 "NBITS",
                                                 "NODATA_VALUES",
                                                 "TIFFTAG_XRESOLUTION",
                                                 "TIFFTAG_YRESOLUTION",
                                                 "LINE_OFF",
                                                 "SAMP_OFF",
                                                 "TIFFTAG_RESOLUTIONUNIT",
                                                 "TIFFTAG_MINSAMPLEVALUE",
                                                 "LINE_SCALE",
                                                 "SAMP_SCALE",
                                                 "TIFFTAG_MAXSAMPLEVALUE",
                                                 "LINE_NUM_COEFF",
                                                 "SAMP_NUM_COEFF",
                                                 "LAT_OFF",
                                                 "LONG_OFF",
                                                 "LINE_DEN_COEFF",
                                                 "SAMP_DEN_COEFF",
                                                 "LAT_SCALE",
                                                 "LONG_SCALE",
                                                 "HEIGHT_OFF",
                                                 "HEIGHT_SCALE",
                                                 "ERR_BIAS",
                                                 "ERR_RAND"};
  std::string upper;
  for (const unsigned char c : key) upper += static_cast<char>(std::toupper(c));
  const auto has = [&](const char* part) { return upper.find(part) != std::string::npos; };
  return has("STATISTICS_") || has("CHECKSUM") || has("MD5") ||
         std::find(exact.begin(), exact.end(), upper) != exact.end();
}

std::map<std::string, std::string> up_to_date(std::map<std::string, std::string> items) {
  std::erase_if(items, [](const auto& item) { return outdated(item.first); });
  return items;
}

// Subtracts pixels from an RPC number. Invalid numbers stay unchanged.
void reduce(std::string& text, std::int64_t pixels) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (pixels == 0 || end == text.c_str()) return;
  std::ostringstream reduced;
  reduced.precision(std::numeric_limits<double>::max_digits10);
  reduced << value - static_cast<double>(pixels);
  text = reduced.str();
}

// Georeference of a window of the PAN. GDAL's formats store either a geotransform or points.
GeoReference moved(GeoReference geo, const Window& window) {
  const auto row = geo.rpc.find("LINE_OFF"), column = geo.rpc.find("SAMP_OFF");
  if (row != geo.rpc.end()) reduce(row->second, window.top);
  if (column != geo.rpc.end()) reduce(column->second, window.left);
  if (geo.has_geotransform) {
    geo.gcps.clear();
    geo.gcp_crs_wkt.clear();
  }
  for (GroundControlPoint& point : geo.gcps) {
    point.row -= static_cast<double>(window.top);
    point.column -= static_cast<double>(window.left);
  }
  return geo;
}

bool floating(const std::string& data_type) { return data_type.starts_with("Float"); }

// data_type: GDAL name (Byte, UInt16, Int32, ...). bits: NBITS, or 0.
bool holds(const std::string& data_type, int bits, double value) {
  if (floating(data_type))
    return data_type != "Float32" || !std::isfinite(value) ||
           std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max());
  const auto digits = data_type.find_first_of("0123456789");
  const int width = digits == std::string::npos ? 8 : std::stoi(data_type.substr(digits));
  const bool is_signed = data_type.starts_with("Int");
  const double above = std::ldexp(1.0, is_signed ? width - 1 : bits > 0 ? std::min(bits, width) : width);
  return value == std::round(value) && value < above && value >= (is_signed ? -above : 0);
}

}  // namespace

RasterInfo describe_output(const SceneImage& pan, const SceneImage& ms, const ChosenBands& chosen,
                           const Window& product, const SceneOptions& options) {
  const Grid grid = cropped(pan.grid(), product);
  RasterInfo output;
  output.width = grid.width;
  output.height = grid.height;
  output.data_type = options.data_type.value_or(ms.info.data_type);
  output.bits = output.data_type == ms.info.data_type ? ms.info.bits : 0;
  output.geo = moved(pan.info.geo, product);
  output.geo.geotransform = grid.geotransform;
  output.metadata = up_to_date(ms.info.metadata);
  for (const auto& [name, items] : ms.info.domains)
    if (name != "GEOLOCATION") output.domains[name] = up_to_date(items);
  std::erase_if(output.domains, [](const auto& domain) { return domain.second.empty(); });
  for (std::size_t band = 0; band < chosen.bands.size(); ++band)
    output.bands.push_back(output_band(chosen.bands[band], chosen.names[band], !options.ignore_nodata));
  return output;
}

OutputNodata output_nodata(const RasterInfo& output, const std::optional<double>& pan, const SceneOptions& options) {
  std::vector<std::optional<double>> named;
  if (options.nodata) {
    named.push_back(options.nodata);
  } else if (!options.ignore_nodata) {
    for (const RasterBand& band : output.bands) named.push_back(band.nodata);
    named.push_back(pan);
  }
  for (const std::optional<double>& value : named)
    if (value && holds(output.data_type, output.bits, *value)) return {*value, true};
  return {floating(output.data_type) ? std::numeric_limits<double>::quiet_NaN() : 0, false};
}

}  // namespace premix::infer
