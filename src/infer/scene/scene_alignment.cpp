#include "infer/scene/scene_alignment.hpp"

#include "infer/scene/crs.hpp"
#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

// What to set for images that are aligned but lack a georeference.
Message align() {
  return message(Option("assume_aligned", "edges"), " if PAN and MS cover the same ground, ",
                 Option("assume_aligned", "centres"), " if the centres of their corner pixels agree");
}

// Rejects raw sensor images: they have a sensor model (RPC, GCP) instead of a ground grid.
void check_not_raw(const SceneImage& image, const SceneImage& pan, const SceneImage& ms) {
  const GeoReference& geo = image.info.geo;
  const bool has_rpc = !geo.rpc.empty();
  if (!has_rpc && geo.gcps.empty()) return;
  const std::string &other = (&image == &pan ? ms : pan).info.geo.crs_wkt,
                    target = other.empty() ? "" : crs_name(other);
  const std::string warp = concat("gdalwarp ", has_rpc ? "-rpc" : "-tps", " -t_srs ",
                                  target.empty() || target.starts_with('"') ? "EPSG:..." : target, " -r cubic ");
  fail(ErrorKind::data, image.path, ": no geotransform, only ", has_rpc ? "RPCs" : "GCPs",
       ". Bring PAN and MS to the ground (", warp, image.path,
       " warped.tif), or the MS onto the PAN (otbcli_Superimpose -inr ", pan.path, " -inm ", ms.path,
       " -out ms_on_pan.tif uint16) and set ", Option("assume_aligned", "edges"), " and ", Option("allow_ratio"),
       ". If the images are aligned as they are, set ", align(), '.');
}

void check_crs(const SceneImage& pan, const SceneImage& ms) {
  const std::string &pan_crs = pan.info.geo.crs_wkt, &ms_crs = ms.info.geo.crs_wkt;
  if (same_crs(pan_crs, ms_crs)) return;
  if (pan_crs.empty() || ms_crs.empty()) {
    const bool pan_lacks = pan_crs.empty();
    fail(ErrorKind::data, pan_lacks ? pan.path : ms.path, ": no CRS, the other image is in ",
         crs_name(pan_lacks ? ms_crs : pan_crs), ". Add its CRS (gdal_edit.py -a_srs).");
  }
  const std::string target = crs_name(pan_crs);
  fail(ErrorKind::data, ms.path, ": in ", crs_name(ms_crs), ", but ", pan.path, " in ", target,
       ". Reproject it: gdalwarp -t_srs ",
       target.starts_with('"') ? "\"$(gdalsrsinfo -o wkt2 " + pan.path + ")\"" : target, " -r cubic ", ms.path,
       " ms_warped.tif");
}

}  // namespace

GridMap map_by_georeference(const SceneImage& pan, const SceneImage& ms) {
  for (const SceneImage* image : {&pan, &ms}) {
    if (image->info.geo.has_geotransform) continue;
    check_not_raw(*image, pan, ms);
    fail(ErrorKind::data, image->path, ": no geotransform. Georeference it (gdal_translate -a_ullr), or set ", align(),
         '.');
  }
  check_crs(pan, ms);
  try {
    return map_by_geotransform(pan.grid(), ms.grid());
  } catch (const Error& error) {
    fail(error.kind(), ms.path, ": ", error.message(), ". Bring both to one orientation (gdalwarp -r cubic).");
  }
}

}  // namespace premix::infer
