#include "infer/scene/crs.hpp"

#if PREMIX_GDAL

#include <ogr_spatialref.h>

#include "io/gdal.hpp"

namespace premix::infer {
namespace {

using namespace io;

OGRSpatialReference from_wkt(const std::string& wkt) {
  OGRSpatialReference crs;
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  crs.importFromWkt(wkt.c_str());
  return crs;
}

}  // namespace

bool same_crs(const std::string& a, const std::string& b) {
  if (a == b || a.empty() || b.empty()) return a == b;
  const GdalErrors quiet;
  const OGRSpatialReference first = from_wkt(a), second = from_wkt(b);
  return first.IsSame(&second) != 0;
}

std::string crs_name(const std::string& wkt) {
  if (wkt.empty()) return "no CRS";
  const GdalErrors quiet;
  const OGRSpatialReference crs = from_wkt(wkt);
  const char *authority = crs.GetAuthorityName(nullptr), *code = crs.GetAuthorityCode(nullptr);
  if (authority != nullptr && code != nullptr) return std::string(authority) + ':' + code;
  const char* title = crs.GetName();
  return title != nullptr ? '"' + std::string(title) + '"' : "an unnamed CRS";
}

}  // namespace premix::infer

#else

namespace premix::infer {

bool same_crs(const std::string& a, const std::string& b) { return a == b; }
std::string crs_name(const std::string& wkt) { return wkt.empty() ? "no CRS" : "a CRS"; }

}  // namespace premix::infer

#endif
