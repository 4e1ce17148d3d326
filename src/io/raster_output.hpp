#pragma once

#include <string>

#include "premix/io/raster.hpp"

#if PREMIX_GDAL

#include "io/gdal.hpp"

/// Shared by the writers of whole rasters and of products in pieces.
namespace premix::io {

struct DataType {
  GDALDataType type;
  bool whole;              // integer type
  double lowest, highest;  // clipping range
};

/// Returns the data type of info. Throws a usage Error for types that premix does not write.
DataType data_type_of(const std::string& path, const RasterInfo& info);

/// Finds a driver by name, or by the path's extension if name is empty. Throws a usage Error if it is unknown or
/// read-only.
GDALDriver& driver_for(const std::string& path, const std::string& name);

/// Returns the user's creation options, and NBITS if the driver supports it. Throws a usage Error for options unknown
/// to the driver.
CPLStringList creation_options(const std::string& path, GDALDriver& driver, const RasterInfo& info,
                               const RasterOutput& output);

/// Writes the metadata in info, except size and type, to the dataset. Call before writing pixels: some drivers write
/// the header with the first pixels.
void describe(GDALDataset& dataset, const RasterInfo& info);

CPLStringList string_list(const std::map<std::string, std::string>& items);

/// Suffixes of GDAL's side files. Those of an older raster would describe the new one wrongly.
inline constexpr const char* companion_suffixes[] = {".aux.xml", ".ovr", ".msk"};

}  // namespace premix::io

#endif
