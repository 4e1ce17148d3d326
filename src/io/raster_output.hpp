#pragma once

#include <string>

#include "premix/io/raster.hpp"

#if PREMIX_GDAL

#include "io/gdal.hpp"

/// What writing a whole raster and writing one piece by piece have in common.
namespace premix::io {

struct DataType {
  GDALDataType type;
  bool whole;              // holds whole numbers only
  double lowest, highest;  // what values are clipped to
};

/// Throws a usage Error for types that are not written.
DataType data_type_of(const std::string& path, const RasterInfo& info);

/// By name, or by the path's extension where that is empty. Throws a usage Error: unknown, or only read.
GDALDriver& driver_for(const std::string& path, const std::string& name);

/// The user's, and NBITS where the driver knows it. Throws a usage Error for options that the driver does not know.
CPLStringList creation_options(const std::string& path, GDALDriver& driver, const RasterInfo& info,
                               const RasterOutput& output);

/// Gives the dataset all that info says, but size and type. Before the pixels: some drivers fix the header with the
/// first of them.
void describe(GDALDataset& dataset, const RasterInfo& info);

CPLStringList string_list(const std::map<std::string, std::string>& items);

/// What GDAL keeps beside a raster. Left from an older one, it would describe the new one wrongly.
inline constexpr const char* companion_suffixes[] = {".aux.xml", ".ovr", ".msk"};

}  // namespace premix::io

#endif
