#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <string>

#include "premix/infer/grid.hpp"
#include "premix/io/raster.hpp"
#include "support/images.hpp"

/// Rasters of a synthetic ground, a smooth function of position, for tests of whole scenes.
namespace premix::testing {

inline const char* const utm16 =
    R"(PROJCS["WGS 84 / UTM zone 16N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],)"
    R"(PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],)"
    R"(PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",-87],PARAMETER["scale_factor",0.9996],)"
    R"(PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","32616"]])";

constexpr double scene_west = 543975, scene_north = 1378995, ms_metres = 30;

inline Grid scene_ms_grid(std::int64_t width = 60, std::int64_t height = 50) {
  return {width, height, {scene_west, ms_metres, 0, scene_north, 0, -ms_metres}};
}

/// Returns the grid of a PAN over the MS, ratio times as fine. Either their corners or the centres of their first
/// pixels agree. The PAN ends inside the MS.
inline Grid scene_pan_grid(const Grid& ms, double ratio, Alignment alignment) {
  const bool centres = alignment == Alignment::centres;
  const double pixel = ms_metres / ratio, inset = centres ? (ms_metres - pixel) / 2 : 0;
  const auto side = [&](std::int64_t pixels) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(pixels) * ratio - (centres ? ratio - 1 : 0)));
  };
  return {side(ms.width), side(ms.height), {scene_west + inset, pixel, 0, scene_north - inset, 0, -pixel}};
}

/// Returns the ground: values of 0.25 to 0.75 in waves of 150 and 200 MS pixels that differ between bands. Cubic
/// convolution with a = -0.75 errs by up to 5 % of the slope per pixel, so the waves must be long.
inline Tensor<float> ground(const Grid& grid, std::int64_t bands = 1) {
  return image_of<float>(
      {1, grid.height, grid.width, bands}, [&](auto, std::int64_t row, std::int64_t column, std::int64_t band) {
        const auto& g = grid.geotransform;
        const double across = static_cast<double>(column) + 0.5, down = static_cast<double>(row) + 0.5;
        const double x = g[0] + g[1] * across + g[2] * down - scene_west,
                     y = g[3] + g[4] * across + g[5] * down - scene_north;
        constexpr double turn = 2 * std::numbers::pi / ms_metres;
        return 0.5 + 0.125 * (std::sin(turn * x / 150 + static_cast<double>(band)) + std::cos(turn * y / 200));
      });
}

/// Writes counts = ground * max_val, which the writer rounds. change may first alter pixels and description.
using ChangeRaster = std::function<void(Tensor<float>& counts, RasterInfo& info)>;
inline void write_ground(const std::string& path, const Grid& grid, std::int64_t bands, double max_val,
                         const ChangeRaster& change = {}) {
  Tensor<float> counts = ground(grid, bands);
  for (std::int64_t i = 0; i < counts.size(); ++i) counts.mutable_data()[i] *= static_cast<float>(max_val);
  RasterInfo info;
  info.data_type = "UInt16";
  info.geo = {.has_geotransform = true, .geotransform = grid.geotransform, .crs_wkt = utm16};
  if (change) change(counts, info);
  write_raster(path, counts, info, {.existing = Existing::replace});
}

}  // namespace premix::testing
