#pragma once

#include <string>

namespace premix {

/// Whether two coordinate reference systems, in WKT, are the same. Two empty ones are.
bool same_crs(const std::string& a, const std::string& b);

/// A name for messages and for GDAL's -t_srs: "EPSG:32616" where the system has a number, else its title.
std::string crs_name(const std::string& wkt);

}  // namespace premix
