#include "io/raster_output.hpp"

#if PREMIX_GDAL

#include <ogr_spatialref.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "premix/core/error.hpp"

namespace premix::io {

CPLStringList string_list(const std::map<std::string, std::string>& items) {
  CPLStringList list;
  for (const auto& [key, value] : items) list.SetNameValue(key.c_str(), value.c_str());
  return list;
}

namespace {

bool can_write(GDALDriver& driver) {
  return driver.GetMetadataItem(GDAL_DCAP_RASTER) != nullptr &&
         (driver.GetMetadataItem(GDAL_DCAP_CREATE) != nullptr ||
          driver.GetMetadataItem(GDAL_DCAP_CREATECOPY) != nullptr);
}

// Returns GDAL's first writable driver for the file extension. GDAL lists drivers by importance (GTiff before COG).
GDALDriver* driver_by_extension(const std::string& path) {
  const std::string extension = CPLGetExtension(path.c_str());
  GDALDriverManager& drivers = *GetGDALDriverManager();
  for (int i = 0; i < drivers.GetDriverCount(); ++i) {
    GDALDriver& driver = *drivers.GetDriver(i);
    const CPLStringList extensions(CSLTokenizeString(driver.GetMetadataItem(GDAL_DMD_EXTENSIONS)));
    if (can_write(driver) && extensions.FindString(extension.c_str()) >= 0) return &driver;
  }
  return nullptr;
}

void set_band(GDALRasterBand& band, const RasterBand& described) {
  if (!described.description.empty()) band.SetDescription(described.description.c_str());
  if (described.nodata) band.SetNoDataValue(*described.nodata);
  if (described.scale != 1) band.SetScale(described.scale);
  if (described.offset != 0) band.SetOffset(described.offset);
  const GDALColorInterp color = GDALGetColorInterpretationByName(described.color_interpretation.c_str());
  if (color != GCI_Undefined) band.SetColorInterpretation(color);
}

std::optional<OGRSpatialReference> crs_of(const std::string& wkt) {
  OGRSpatialReference crs;
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (wkt.empty() || crs.importFromWkt(wkt.c_str()) != OGRERR_NONE) return std::nullopt;
  return crs;
}

void set_rpc_and_gcps(GDALDataset& dataset, const GeoReference& geo) {
  if (!geo.rpc.empty()) dataset.SetMetadata(string_list(geo.rpc).List(), "RPC");
  if (geo.gcps.empty()) return;
  // GDAL copies the points. Its struct is not const-correct.
  std::vector<GDAL_GCP> points;
  for (const GroundControlPoint& point : geo.gcps)
    points.push_back({const_cast<char*>(point.id.c_str()), const_cast<char*>(point.info.c_str()), point.column,
                      point.row, point.x, point.y, point.z});
  const auto crs = crs_of(geo.gcp_crs_wkt);
  dataset.SetGCPs(static_cast<int>(points.size()), points.data(), crs ? &*crs : nullptr);
}

}  // namespace

DataType data_type_of(const std::string& path, const RasterInfo& info) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto integers = [&](GDALDataType type, double lowest, double highest) {
    if (info.bits > 0 && lowest == 0) highest = std::min(highest, std::ldexp(1.0, info.bits) - 1);
    return DataType{type, true, lowest, highest};
  };
  switch (const GDALDataType type = GDALGetDataTypeByName(info.data_type.c_str()); type) {
    case GDT_Byte:
      return integers(type, 0, 255);
#if GDAL_VERSION_NUM >= 3070000
    case GDT_Int8:
      return integers(type, -128, 127);
#endif
    case GDT_UInt16:
      return integers(type, 0, 65535);
    case GDT_Int16:
      return integers(type, -32768, 32767);
    case GDT_UInt32:
      return integers(type, 0, 4294967295.0);
    case GDT_Int32:
      return integers(type, -2147483648.0, 2147483647.0);
    case GDT_Float32:
    case GDT_Float64:
      return {type, false, -infinity, infinity};
    default:
      fail(ErrorKind::usage, path, ": cannot write pixels of type ", info.data_type,
           ". Types: Byte, Int8 (GDAL 3.7), UInt16, Int16, UInt32, Int32, Float32, Float64.");
  }
}

GDALDriver& driver_for(const std::string& path, const std::string& name) {
  register_gdal_drivers();
  GDALDriver* driver = name.empty() ? driver_by_extension(path) : GetGDALDriverManager()->GetDriverByName(name.c_str());
  if (driver == nullptr && name.empty())
    fail(ErrorKind::usage, path, ": no raster format with this extension. Set one, such as ", Option("driver", "GTiff"),
         '.');
  if (driver == nullptr)
    fail(ErrorKind::usage, path, ": GDAL lacks the raster format ", name, ". Choose one that this GDAL lists.");
  if (!can_write(*driver))
    fail(ErrorKind::usage, path, ": GDAL can only read ", driver->GetDescription(), ". Set another format, such as ",
         Option("driver", "GTiff"), '.');
  return *driver;
}

CPLStringList creation_options(const std::string& path, GDALDriver& driver, const RasterInfo& info,
                               const RasterOutput& output) {
  CPLStringList options;
  for (const std::string& option : output.creation_options) {
    if (option.find('=') == std::string::npos)
      fail(ErrorKind::usage, path, ": creation option ", option, " is not of the form KEY=VALUE");
    options.AddString(option.c_str());
  }
  const char* known = driver.GetMetadataItem(GDAL_DMD_CREATIONOPTIONLIST);
  const bool knows_bits = known != nullptr && std::string_view(known).find("'NBITS'") != std::string_view::npos;
  if (info.bits > 0 && knows_bits && options.FetchNameValue("NBITS") == nullptr)
    options.SetNameValue("NBITS", std::to_string(info.bits).c_str());
  const GdalErrors errors;
  if (!GDALValidateCreationOptions(&driver, options.List())) fail(ErrorKind::usage, path, ": ", errors.message());
  return options;
}

void describe(GDALDataset& dataset, const RasterInfo& info) {
  for (const auto& [key, value] : info.metadata) dataset.SetMetadataItem(key.c_str(), value.c_str());
  for (const auto& [domain, items] : info.domains) dataset.SetMetadata(string_list(items).List(), domain.c_str());
  if (!info.geo.area_or_point.empty()) dataset.SetMetadataItem("AREA_OR_POINT", info.geo.area_or_point.c_str());
  if (const auto crs = crs_of(info.geo.crs_wkt)) dataset.SetSpatialRef(&*crs);
  if (info.geo.has_geotransform) {
    auto transform = info.geo.geotransform;
    dataset.SetGeoTransform(transform.data());
  }
  set_rpc_and_gcps(dataset, info.geo);
  for (std::size_t band = 0; band < info.bands.size(); ++band)
    set_band(*dataset.GetRasterBand(static_cast<int>(band) + 1), info.bands[band]);
}

}  // namespace premix::io

namespace premix {

void set_gdal_cache(std::int64_t bytes) { GDALSetCacheMax64(bytes); }

}  // namespace premix

#else

namespace premix {

void set_gdal_cache(std::int64_t) {}

}  // namespace premix

#endif
