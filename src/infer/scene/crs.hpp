#pragma once

#include <string>

namespace premix::infer {

/// Whether two coordinate reference systems, in WKT, are equal. Two empty ones are.
bool same_crs(const std::string& a, const std::string& b);

/// Name for messages and for GDAL's -t_srs: "EPSG:32616" if the system has a code, else its title.
std::string crs_name(const std::string& wkt);

}  // namespace premix::infer
