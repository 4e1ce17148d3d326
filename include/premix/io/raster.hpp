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

/// A place of the raster that is known on the ground.
struct GroundControlPoint {
  std::string id = {}, info = {};
  double column = 0, row = 0;  // from the outer corner of the first pixel
  double x = 0, y = 0, z = 0;  // in the points' CRS
};

/// Where a raster lies on the ground.
struct GeoReference {
  bool has_geotransform = false;
  /// x = g[0] + g[1]*column + g[2]*row, y = g[3] + g[4]*column + g[5]*row. Columns and rows count from the outer
  /// *corner* of the first pixel, also where area_or_point is "Point".
  std::array<double, 6> geotransform = {0, 1, 0, 0, 0, 1};
  std::string crs_wkt = {};        // WKT2:2019; empty when the file names no CRS
  std::string area_or_point = {};  // "Area", "Point" or empty: whether a pixel stands for its area or its centre
  std::map<std::string, std::string> rpc =
      {};  // rational polynomial coefficients as GDAL names them: "LINE_OFF", ...; often none
  std::vector<GroundControlPoint> gcps = {};  // often none
  std::string gcp_crs_wkt = {};               // WKT2:2019 of the points' x, y and z
};

struct RasterBand {
  std::string description = {};           // the band's name, often empty
  std::string color_interpretation = {};  // GDAL's name: "Red", "Alpha", "Undefined", ...
  std::optional<double> nodata = {};
  double scale = 1, offset = 0;  // physical value = offset + scale * count
  bool masked = false;  // some pixels may be invalid by an alpha band or a mask rather than by nodata. Only read
};

/// All about a raster but its pixels.
struct RasterInfo {
  std::int64_t width = 0, height = 0;  // pixels
  std::string driver = {};             // GDAL's short name: "GTiff"
  std::string data_type = "Float32";   // GDAL's name, the widest of the bands
  int bits = 0;                        // of each value where they are fewer than the data type has (NBITS: 11), else 0
  std::vector<RasterBand> bands = {};
  bool has_mask = false;  // one of the bands is masked. Only read
  GeoReference geo = {};
  std::map<std::string, std::string> metadata = {};
  /// Metadata in named domains ("PREMIX"), without those that GDAL makes itself (IMAGE_STRUCTURE, SUBDATASETS, ...),
  /// RPC and XML documents.
  std::map<std::string, std::map<std::string, std::string>> domains = {};
};

/// Describes any raster that GDAL opens; path may be one of GDAL's own names (/vsizip/..., NETCDF:"a.nc":band).
/// Throws a data Error with GDAL's message.
RasterInfo read_raster_info(const std::string& path);

/// The pixels as the file counts them, scale and offset not applied, (1, H, W, B). bands: from 1, in the order wanted;
/// empty: all. Integers are exact up to 2^24, as they are in float. Throws a data Error: can't be read, no such band,
/// complex numbers.
Tensor<float> read_raster(const std::string& path, const std::vector<int>& bands = {});

struct RasterOutput {
  std::string driver = {};                         // GDAL's short name; empty: by the path's extension
  std::vector<std::string> creation_options = {};  // the driver's own, "COMPRESS=ZSTD"
  Existing existing = Existing::refuse;
};

/// Writes pixels (1, H, W, B) in info's data type with its bands' descriptions, nodata, scale and offset, its
/// georeference and metadata; info.bands is empty or has B entries, width, height and driver are not used. For integer
/// types values are rounded half away from zero and clipped to the range of the type, or of info.bits. NaN becomes the
/// band's nodata; where there is none, it stays NaN in floating point types and is a data Error in others. The file
/// appears under its name when it is complete, never half-written, with whatever other files the driver makes. Throws a
/// usage Error (unknown driver, data type or creation option) or a run-time Error (exists, can't be written) with
/// GDAL's message.
void write_raster(const std::string& path, const Tensor<float>& pixels, const RasterInfo& info,
                  const RasterOutput& output = {});

/// Limits the blocks of rasters that GDAL keeps in memory, in the whole process; by default they take 5 % of it.
void set_gdal_cache(std::int64_t bytes);

}  // namespace premix
