#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>

#include "premix/core/error.hpp"
#include "premix/io/raster.hpp"

#if PREMIX_GDAL

#include <ogr_spatialref.h>

#include "gdal.hpp"

namespace premix {
namespace {

struct DataType {
  GDALDataType type;
  bool whole;              // holds whole numbers only
  double lowest, highest;  // what values are clipped to
};

DataType data_type_of(const std::string& path, const RasterInfo& info) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto integers = [&](GDALDataType type, double lowest, double highest) {
    if (info.bits > 0 && lowest == 0) highest = std::min(highest, std::ldexp(1.0, info.bits) - 1);
    return DataType{type, true, lowest, highest};
  };
  switch (const GDALDataType type = GDALGetDataTypeByName(info.data_type.c_str()); type) {
    case GDT_Byte:
      return integers(type, 0, 255);
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
      fail(ErrorKind::usage, path, ": can't write pixels of type ", info.data_type,
           "; there are Byte, UInt16, Int16, UInt32, Int32, Float32, Float64");
  }
}

bool can_write(GDALDriver& driver) {
  return driver.GetMetadataItem(GDAL_DCAP_RASTER) != nullptr &&
         (driver.GetMetadataItem(GDAL_DCAP_CREATE) != nullptr || driver.GetMetadataItem(GDAL_DCAP_CREATECOPY) != nullptr);
}

// The first of GDAL's formats that can be written and whose files end so; GDAL orders them by importance (GTiff before COG).
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

GDALDriver& driver_for(const std::string& path, const std::string& name) {
  register_gdal_drivers();
  GDALDriver* driver = name.empty() ? driver_by_extension(path) : GetGDALDriverManager()->GetDriverByName(name.c_str());
  if (driver == nullptr && name.empty()) fail(ErrorKind::usage, path, ": no raster format goes by this extension; name one (-of GTiff)");
  if (driver == nullptr) fail(ErrorKind::usage, path, ": GDAL has no raster format ", name, "; gdalinfo --formats lists those it has");
  if (!can_write(*driver)) fail(ErrorKind::usage, path, ": GDAL can only read ", driver->GetDescription(), "; name another (-of GTiff)");
  return *driver;
}

CPLStringList creation_options(const std::string& path, GDALDriver& driver, const RasterInfo& info, const RasterOutput& output) {
  CPLStringList options;
  for (const std::string& option : output.creation_options) {
    if (option.find('=') == std::string::npos) fail(ErrorKind::usage, path, ": creation option ", option, " is not of the form KEY=VALUE");
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

void set_band(GDALRasterBand& band, const RasterBand& described) {
  if (!described.description.empty()) band.SetDescription(described.description.c_str());
  if (described.nodata) band.SetNoDataValue(*described.nodata);
  if (described.scale != 1) band.SetScale(described.scale);
  if (described.offset != 0) band.SetOffset(described.offset);
  const GDALColorInterp color = GDALGetColorInterpretationByName(described.color_interpretation.c_str());
  if (color != GCI_Undefined) band.SetColorInterpretation(color);
}

CPLStringList string_list(const std::map<std::string, std::string>& items) {
  CPLStringList list;
  for (const auto& [key, value] : items) list.SetNameValue(key.c_str(), value.c_str());
  return list;
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
    points.push_back(
        {const_cast<char*>(point.id.c_str()), const_cast<char*>(point.info.c_str()), point.column, point.row, point.x, point.y, point.z});
  const auto crs = crs_of(geo.gcp_crs_wkt);
  dataset.SetGCPs(static_cast<int>(points.size()), points.data(), crs ? &*crs : nullptr);
}

// Before the pixels: some drivers fix the header with the first of them.
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

class Quantizer {
 public:
  Quantizer(const std::string& path, const RasterInfo& info, DataType type) : path_(path), info_(info), type_(type) {}

  double operator()(float pixel, std::int64_t band) const {
    if (std::isnan(pixel)) return for_nan(static_cast<std::size_t>(band));
    return std::clamp(type_.whole ? std::round(static_cast<double>(pixel)) : pixel, type_.lowest, type_.highest);
  }

 private:
  double for_nan(std::size_t band) const {
    if (band < info_.bands.size() && info_.bands[band].nodata) return *info_.bands[band].nodata;
    if (type_.whole)
      fail(ErrorKind::data, path_, ": a pixel of band ", band + 1, " is not a number, which ", info_.data_type,
           " can't hold; declare a nodata value or write Float32");
    return std::numeric_limits<double>::quiet_NaN();
  }

  const std::string& path_;
  const RasterInfo& info_;
  DataType type_;
};

void write_pixels(const std::string& path, GDALDataset& dataset, const Tensor<float>& pixels, const Quantizer& quantized) {
  constexpr int strip_rows = 64;
  const auto [n, h, w, c] = pixels.shape();
  const GdalErrors errors;
  std::vector<double> strip(static_cast<std::size_t>(strip_rows * w * c));
  for (std::int64_t top = 0; top < h; top += strip_rows) {
    const std::int64_t rows = std::min<std::int64_t>(strip_rows, h - top);
    const float* from = pixels.values().data() + top * w * c;
    for (std::int64_t i = 0; i < rows * w * c; ++i) strip[static_cast<std::size_t>(i)] = quantized(from[i], i % c);
    const GSpacing value = sizeof(double), channels = c;
    const CPLErr result = dataset.RasterIO(GF_Write, 0, static_cast<int>(top), static_cast<int>(w), static_cast<int>(rows), strip.data(),
                                           static_cast<int>(w), static_cast<int>(rows), GDT_Float64, static_cast<int>(c), nullptr,
                                           value * channels, value * channels * w, value, nullptr);
    if (result != CE_None || errors.failed()) fail(ErrorKind::runtime, path, ": can't write the pixels: ", errors.message());
  }
}

// What GDAL keeps beside a raster. Left from an older one, it would describe the new one wrongly.
void remove_old_companions(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {".aux.xml", ".ovr", ".msk"}) std::filesystem::remove(path + suffix, ignored);
}

}  // namespace

void write_raster(const std::string& path, const Tensor<float>& pixels, const RasterInfo& info, const RasterOutput& output) {
  const auto [n, h, w, c] = pixels.shape();
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  PREMIX_CHECK(!pixels.empty() && n == 1 && std::max({h, w, c}) <= most, path, ": write_raster: pixels of shape ", pixels.shape());
  PREMIX_CHECK(info.bands.empty() || static_cast<std::int64_t>(info.bands.size()) == c, path, ": write_raster: ", info.bands.size(),
               " bands described, pixels have ", c);
  GDALDriver& driver = driver_for(path, output.driver);
  const DataType type = data_type_of(path, info);
  CPLStringList options = creation_options(path, driver, info, output);
  check_can_write(path, output.existing);

  const bool direct = driver.GetMetadataItem(GDAL_DCAP_CREATE) != nullptr;
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const GdalErrors errors;
    const auto check = [&](bool fine) {
      if (!fine || errors.failed()) fail(ErrorKind::runtime, path, ": can't write: ", errors.message());
    };
    GDALDriver& first = direct ? driver : *GetGDALDriverManager()->GetDriverByName("MEM");
    Dataset dataset(first.Create(direct ? temporary.c_str() : "", static_cast<int>(w), static_cast<int>(h), static_cast<int>(c), type.type,
                                 direct ? options.List() : nullptr));
    check(dataset != nullptr);
    describe(*dataset, info);
    check(true);
    write_pixels(path, *dataset, pixels, Quantizer(path, info, type));
    if (!direct) dataset.reset(driver.CreateCopy(temporary.c_str(), dataset.get(), /*bStrict=*/true, options.List(), nullptr, nullptr));
    check(dataset != nullptr);
    dataset.reset();  // closing writes what is left, and so it may fail too
    check(true);
    remove_old_companions(path);
  });
}

}  // namespace premix

#else

namespace premix {

void write_raster(const std::string& path, const Tensor<float>&, const RasterInfo&, const RasterOutput&) {
  fail(ErrorKind::runtime, path, ": this premix was built without GDAL and writes no rasters; build it with PREMIX_GDAL=ON");
}

}  // namespace premix

#endif
