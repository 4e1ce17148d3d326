#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/io/atomic_file.hpp"

namespace premix {

/// A ground control point.
struct GroundControlPoint {
  std::string id = {}, info = {};
  double column = 0, row = 0;  // from the outer corner of the first pixel
  double x = 0, y = 0, z = 0;  // in the points' CRS
};

/// Georeference of a raster.
struct GeoReference {
  bool has_geotransform = false;
  /// x = g[0] + g[1]*column + g[2]*row, y = g[3] + g[4]*column + g[5]*row. Columns and rows count from the outer
  /// *corner* of the first pixel, even if area_or_point is "Point".
  std::array<double, 6> geotransform = {0, 1, 0, 0, 0, 1};
  std::string crs_wkt = {};        // WKT2:2019; empty without CRS
  std::string area_or_point = {};  // "Area", "Point" or empty: a pixel represents its area or its centre
  std::map<std::string, std::string> rpc =
      {};  // rational polynomial coefficients with GDAL's names: "LINE_OFF", ...; often empty
  std::vector<GroundControlPoint> gcps = {};  // often empty
  std::string gcp_crs_wkt = {};               // WKT2:2019 of the points
};

struct RasterBand {
  std::string description = {};           // name of the band, often empty
  std::string color_interpretation = {};  // GDAL's name: "Red", "Alpha", "Undefined", ...
  std::optional<double> nodata = {};
  double scale = 1, offset = 0;  // physical value = offset + scale * count
  bool masked = false;           // an alpha band or a mask may invalidate pixels. Read only
};

/// Description of a raster, without its pixels.
struct RasterInfo {
  std::int64_t width = 0, height = 0;  // pixels
  std::string driver = {};             // GDAL's short name: "GTiff"
  std::string data_type = "Float32";   // GDAL's name; the widest type of the bands
  int bits = 0;                        // per value if fewer than those of the data type (NBITS: 11), else 0
  std::vector<RasterBand> bands = {};
  bool has_mask = false;  // one of the bands is masked. Read only
  GeoReference geo = {};
  std::map<std::string, std::string> metadata = {};
  /// Metadata in named domains ("PREMIX"), without the domains that GDAL creates (IMAGE_STRUCTURE, SUBDATASETS, ...),
  /// RPC and XML documents.
  std::map<std::string, std::map<std::string, std::string>> domains = {};
};

/// Describes a raster in any format of GDAL. path may be one of GDAL's own names (/vsizip/..., NETCDF:"a.nc":band).
/// Throws a data Error with GDAL's message.
RasterInfo read_raster_info(const std::string& path);

/// Reads pixels as counts (1, H, W, B), without scale and offset. bands: from 1, in the order wanted; empty: all.
/// Integers are exact up to 2^24, as in float. Throws a data Error: unreadable file, missing band, complex numbers.
Tensor<float> read_raster(const std::string& path, const std::vector<int>& bands = {});

struct RasterOutput {
  std::string driver = {};                         // GDAL's short name; empty: from the extension
  std::vector<std::string> creation_options = {};  // of the driver: "COMPRESS=ZSTD"
  Existing existing = Existing::refuse;
};

/// Writes pixels (1, H, W, B) with info's data type, georeference and metadata, and its bands' descriptions, nodata,
/// scale and offset. info.bands is empty or has B entries; width, height and driver are ignored. For integer types
/// values are rounded half away from zero and clipped to the range of the type, or of info.bits. NaN becomes the nodata
/// value of the band. Without nodata value NaN stays NaN in floating-point types and is a data Error in others. The
/// file appears when complete, with other files of the driver. Throws a usage Error (unknown driver, data type or
/// creation option) or a run-time Error (file exists or is not writable) with GDAL's message.
void write_raster(const std::string& path, const Tensor<float>& pixels, const RasterInfo& info,
                  const RasterOutput& output = {});

/// Limits GDAL's block cache for the whole process. Default: 5 % of the machine's memory.
void set_gdal_cache(std::int64_t bytes);

}  // namespace premix
