#include "premix/io/raster.hpp"

#include "premix/core/error.hpp"

#if PREMIX_GDAL

#include <ogr_spatialref.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "io/gdal.hpp"

namespace premix {
using namespace io;

namespace {

Dataset open_raster(const std::string& path) {
  register_gdal_drivers();
  const GdalErrors errors;
  Dataset dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (!dataset) fail(ErrorKind::data, path, ": not a readable raster: ", errors.message());
  if (dataset->GetRasterCount() == 0)
    fail(ErrorKind::data, path, ": no bands of its own. Name one of the subdatasets that gdalinfo lists.");
  return dataset;
}

std::string exported_crs(const OGRSpatialReference* crs) {
  if (crs == nullptr) return {};
  char* text = nullptr;
  const char* const options[] = {"FORMAT=WKT2_2019", nullptr};
  const bool exported = crs->exportToWkt(&text, options) == OGRERR_NONE;
  const std::string wkt = exported ? text : "";
  CPLFree(text);
  return wkt;
}

std::map<std::string, std::string> metadata_of(GDALMajorObject& object, const char* domain = "") {
  std::map<std::string, std::string> result;
  for (char** item = object.GetMetadata(domain); item != nullptr && *item != nullptr; ++item) {
    const std::string pair = *item;
    const auto equals = pair.find('=');
    if (equals != std::string::npos) result[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return result;
}

bool describes_file(std::string_view domain) {
  for (const std::string_view other :
       {"", "RPC", "IMAGE_STRUCTURE", "SUBDATASETS", "DERIVED_SUBDATASETS", "COLOR_PROFILE"})
    if (domain == other) return false;
  return !domain.starts_with("xml:") && !domain.starts_with("json:");
}

std::map<std::string, std::map<std::string, std::string>> domains_of(GDALMajorObject& object) {
  std::map<std::string, std::map<std::string, std::string>> result;
  const CPLStringList names(object.GetMetadataDomainList());
  for (int i = 0; i < names.size(); ++i) {
    const char* name = names[i];
    if (!describes_file(name)) continue;
    auto items = metadata_of(object, name);
    if (!items.empty()) result[name] = std::move(items);
  }
  return result;
}

std::vector<GroundControlPoint> gcps_of(GDALDataset& dataset) {
  std::vector<GroundControlPoint> result;
  for (int i = 0; i < dataset.GetGCPCount(); ++i) {
    const GDAL_GCP& point = dataset.GetGCPs()[i];
    result.push_back(
        {point.pszId, point.pszInfo, point.dfGCPPixel, point.dfGCPLine, point.dfGCPX, point.dfGCPY, point.dfGCPZ});
  }
  return result;
}

GeoReference georeference_of(GDALDataset& dataset) {
  GeoReference geo;
  geo.has_geotransform = dataset.GetGeoTransform(geo.geotransform.data()) == CE_None;
  geo.crs_wkt = exported_crs(dataset.GetSpatialRef());
  const char* meaning = dataset.GetMetadataItem("AREA_OR_POINT");
  geo.area_or_point = meaning != nullptr ? meaning : "";
  geo.rpc = metadata_of(dataset, "RPC");
  geo.gcps = gcps_of(dataset);
  if (!geo.gcps.empty()) geo.gcp_crs_wkt = exported_crs(dataset.GetGCPSpatialRef());
  return geo;
}

RasterBand describe(GDALRasterBand& band) {
  RasterBand result;
  result.description = band.GetDescription();
  result.color_interpretation = GDALGetColorInterpretationName(band.GetColorInterpretation());
  int has_nodata = 0;
  const double nodata = band.GetNoDataValue(&has_nodata);
  if (has_nodata != 0) result.nodata = nodata;
  result.scale = band.GetScale();
  result.offset = band.GetOffset();
  // No flags mean a mask of this band. A mask from nodata is reported as nodata instead.
  const int flags = band.GetMaskFlags();
  result.masked = flags != GMF_NODATA && (flags & GMF_ALL_VALID) == 0;
  return result;
}

}  // namespace

RasterInfo read_raster_info(const std::string& path) {
  const Dataset dataset = open_raster(path);
  const GdalErrors errors;
  RasterInfo info;
  info.width = dataset->GetRasterXSize();
  info.height = dataset->GetRasterYSize();
  info.driver = dataset->GetDriverName();
  info.geo = georeference_of(*dataset);
  info.metadata = metadata_of(*dataset);
  info.metadata.erase("AREA_OR_POINT");
  info.domains = domains_of(*dataset);
  GDALDataType type = GDT_Unknown;
  for (GDALRasterBand* band : dataset->GetBands()) {
    type = type == GDT_Unknown ? band->GetRasterDataType() : GDALDataTypeUnion(type, band->GetRasterDataType());
    info.bands.push_back(describe(*band));
    info.has_mask = info.has_mask || info.bands.back().masked;
    const char* bits = band->GetMetadataItem("NBITS", "IMAGE_STRUCTURE");
    info.bits = std::max(info.bits, bits != nullptr ? std::atoi(bits) : 0);
  }
  info.data_type = GDALGetDataTypeName(type);
  return info;
}

Tensor<float> read_raster(const std::string& path, const std::vector<int>& wanted) {
  const Dataset dataset = open_raster(path);
  const int count = dataset->GetRasterCount();
  std::vector<int> bands = wanted;
  for (int band = 1; wanted.empty() && band <= count; ++band) bands.push_back(band);
  for (const int band : bands) {
    if (band < 1 || band > count) fail(ErrorKind::data, path, ": ", count, " bands, counted from 1, no band ", band);
    if (GDALDataTypeIsComplex(dataset->GetRasterBand(band)->GetRasterDataType()))
      fail(ErrorKind::data, path, ": band ", band, " is complex. Compute its amplitude first.");
  }
  const int width = dataset->GetRasterXSize(), height = dataset->GetRasterYSize(),
            channels = static_cast<int>(bands.size());
  Tensor<float> pixels({1, height, width, channels});
  const GdalErrors errors;
  constexpr GSpacing value = sizeof(float);
  const CPLErr result =
      dataset->RasterIO(GF_Read, 0, 0, width, height, pixels.mutable_data(), width, height, GDT_Float32, channels,
                        bands.data(), value * channels, value * channels * width, value, nullptr);
  if (result != CE_None) fail(ErrorKind::data, path, ": cannot read the pixels: ", errors.message());
  return pixels;
}

}  // namespace premix

#else

namespace premix {

RasterInfo read_raster_info(const std::string& path) {
  fail(ErrorKind::runtime, path,
       ": this premix was built without GDAL and cannot read rasters. Build it with PREMIX_GDAL=ON.");
}
Tensor<float> read_raster(const std::string& path, const std::vector<int>&) {
  fail(ErrorKind::runtime, path,
       ": this premix was built without GDAL and cannot read rasters. Build it with PREMIX_GDAL=ON.");
}

}  // namespace premix

#endif
