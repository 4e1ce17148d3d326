#include "infer/scene/scene_placement.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infer/footprints.hpp"
#include "infer/scene/scene_alignment.hpp"
#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

// PAN pixels that overlap MS pixels 0 to size - 1.
Span pan_pixels_over_ms(AxisMap map, std::int64_t size) {
  constexpr double sliver = 1e-3;  // of a pixel: smaller overlaps are ignored
  const double first = infer::border_on_pan(map, 0), last = infer::border_on_pan(map, size);
  return {static_cast<std::int64_t>(std::floor(std::min(first, last) + sliver)),
          static_cast<std::int64_t>(std::ceil(std::max(first, last) - sliver))};
}

// pan: the whole PAN.
Window continued_over_ms(const Window& pan, const GridMap& map, const SceneImage& ms) {
  const Window over_ms =
      Window::of(pan_pixels_over_ms(map.rows, ms.info.height), pan_pixels_over_ms(map.columns, ms.info.width));
  const Window product = pan.joined(over_ms);
  if (std::max(product.height, product.width) > std::numeric_limits<int>::max())
    fail(ErrorKind::data, ms.path, ": its extent has ", product.width, " x ", product.height,
         " pixels on the PAN's grid, more than a raster holds. Set a window by ", Option("projwin"), '.');
  return product;
}

// As gdal_translate: starts at the pixel of the first corner; the size is rounded to whole pixels.
Window window_of(const GroundBox& box, const SceneImage& pan) {
  const auto& g = pan.info.geo.geotransform;
  if (!pan.info.geo.has_geotransform)
    fail(ErrorKind::usage, pan.path, ": no geotransform, which ", Option("projwin"),
         " needs. Set the window in pixels by ", Option("srcwin"), '.');
  if (g[2] != 0 || g[4] != 0)
    fail(ErrorKind::usage, pan.path, ": its rows do not run from west to east, which ", Option("projwin"),
         " needs. Set the window in pixels by ", Option("srcwin"), '.');
  const auto span = [](double first, double second) {
    const double begin = std::floor(std::min(first, second) + 0.001), size = std::floor(std::abs(second - first) + 0.5);
    if (!(std::abs(begin) < 1e15 && size < 1e15))
      fail(ErrorKind::usage, Option("projwin"), ": its corners are not finite, or far off the earth");
    return Span{static_cast<std::int64_t>(begin), static_cast<std::int64_t>(begin + size)};
  };
  return Window::of(span((box.uly - g[3]) / g[5], (box.lry - g[3]) / g[5]),
                    span((box.ulx - g[0]) / g[1], (box.lrx - g[0]) / g[1]));
}

std::string described(const Window& window) {
  return concat("columns ", window.left, " to ", window.left + window.width - 1, " and rows ", window.top, " to ",
                window.top + window.height - 1);
}

// Window of the product requested by the user; default: the whole product.
Window cropped_product(const Window& product, const SceneImage& pan, const SceneOptions& options,
                       std::vector<Message>& warnings) {
  if (options.projwin && options.srcwin)
    fail(ErrorKind::usage, Option("projwin"), " and ", Option("srcwin"), " exclude each other. Leave one out.");
  if (!options.projwin && !options.srcwin) return product;
  const Window window = options.srcwin ? *options.srcwin : window_of(*options.projwin, pan);
  if (window.empty())
    fail(ErrorKind::usage, "the window is empty. Set ", Option("projwin"), " as ulx uly lrx lry, ", Option("srcwin"),
         " as xoff yoff xsize ysize.");
  const Window crop = window.intersection(product);
  if (crop.empty())
    fail(ErrorKind::usage, "the window, ", described(window), " of ", pan.path, ", lies outside the product, ",
         described(product), ". Correct ", Option("projwin"), " or ", Option("srcwin"),
         " (gdalinfo shows the corners).");
  if (crop != window)
    warnings.push_back(message("the window leaves the product and is cut to ", described(crop), " of ", pan.path));
  return crop;
}

double area(const Window& window) {
  return window.empty() ? 0 : static_cast<double>(window.height) * static_cast<double>(window.width);
}

}  // namespace

bool serves(const GridMap& map, const Window& part, const Grid& ms) {
  const auto along = [](AxisMap axis, Span pan, std::int64_t ms_size) {
    return sample_under(axis, pan.begin, ms_size) >= 0 && sample_under(axis, pan.end - 1, ms_size) >= 0;
  };
  return along(map.rows, part.rows(), ms.height) && along(map.columns, part.columns(), ms.width);
}

Window ms_under(const GridMap& map, const Window& part, const Grid& ms) {
  const auto along = [](AxisMap axis, Span pan, std::int64_t ms_size) {
    const double first = axis.at(pan.begin), last = first + static_cast<double>(pan.size() - 1) * axis.scale;
    const auto index = [&](double place) {
      return static_cast<std::int64_t>(std::clamp(std::round(place), 0.0, static_cast<double>(ms_size - 1)));
    };
    return Span{index(std::min(first, last)), index(std::max(first, last)) + 1};
  };
  return Window::of(along(map.rows, part.rows(), ms.height), along(map.columns, part.columns(), ms.width));
}

GridMap map_scene(const SceneImage& pan, const SceneImage& ms, std::optional<double> ratio,
                  const SceneOptions& options) {
  const GridMap map = options.assume_aligned ? map_by_size(pan.grid(), ms.grid(), *options.assume_aligned)
                                             : map_by_georeference(pan, ms);
  if (std::min(map.column_ratio(), map.row_ratio()) <= 1)
    fail(ErrorKind::data, pan.path, ": its pixels are ", 1 / map.column_ratio(), " x ", 1 / map.row_ratio(),
         " of those of ", ms.path, ". The PAN must be finer: give PAN first, then MS.");
  constexpr double tolerance = 0.02;
  const auto off = [&](double found) { return !(std::abs(found / *ratio - 1) <= tolerance); };
  if (ratio && !options.allow_ratio && (off(map.column_ratio()) || off(map.row_ratio())))
    fail(ErrorKind::data, ms.path, ": its pixels are ", map.column_ratio(), " x ", map.row_ratio(),
         " PAN pixels, the weights are for a ratio of ", *ratio, ". Use weights for this ratio, or set ",
         Option("allow_ratio"), '.');
  return map;
}

ScenePlace place_scene(const GridMap& map, const SceneImage& pan, const SceneImage& ms, const SceneOptions& options,
                       std::vector<Message>& warnings) {
  const Window served = served_part(map, pan.grid(), ms.grid());
  if (served.empty())
    fail(ErrorKind::data, ms.path, ": no ground in common with ", pan.path,
         ". These are different places, or one georeference is wrong (gdalinfo shows the corners).");
  Window product = pan.whole();
  if (options.extent == Extent::intersection) product = served;
  if (options.extent == Extent::union_) product = continued_over_ms(product, map, ms);

  ScenePlace place;
  place.product = cropped_product(product, pan, options, warnings);
  place.part = place.product.intersection(pan.whole());
  const Window useful = place.part.intersection(served);
  if (useful.empty())
    fail(ErrorKind::usage, "the window, ", described(place.product), " of ", pan.path,
         ", contains no ground that PAN and MS have in common (", described(served), "). Correct ", Option("projwin"),
         " or ", Option("srcwin"), '.');
  place.served = useful == place.product;
  const double share = area(useful) / area(place.product);
  if (share < 0.5)
    warnings.push_back(message("PAN and MS have only ", described(useful), " of ", pan.path, " in common, ",
                               100 * share, " % of the product. The rest is nodata. ", Option("extent", "intersection"),
                               " leaves it out."));
  return place;
}

}  // namespace premix::infer
