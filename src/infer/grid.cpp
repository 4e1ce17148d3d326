#include "premix/infer/grid.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/error.hpp"

namespace premix {
namespace {

double length(std::int64_t pixels) { return static_cast<double>(pixels); }

AxisMap by_size(std::int64_t pan, std::int64_t ms, Alignment alignment) {
  if (alignment == Alignment::edges) return map_matching_borders(ms, pan);
  if (pan < 2)
    fail(ErrorKind::data, "the PAN has one row or column, and centres of corner pixels need two. Set ",
         Option("assume_aligned", "edges"), '.');
  return map_matching_centres(ms, pan);
}

constexpr double rounding = 1e-6;  // of geotransforms, in MS pixels

// PAN indices with a sample_under(): estimate, then exact adjustment.
Span with_sample_under(AxisMap map, std::int64_t pan, std::int64_t ms) {
  const double low = map.inverse(-0.5), high = map.inverse(length(ms) - 0.5);
  const auto index = [&](double place) {
    return static_cast<std::int64_t>(std::clamp(std::round(place), 0.0, length(pan)));
  };
  const auto has = [&](std::int64_t i) { return i >= 0 && i < pan && sample_under(map, i, ms) >= 0; };
  Span span = {index(std::min(low, high)), index(std::max(low, high))};
  while (has(span.begin - 1)) --span.begin;
  while (span.begin < span.end && !has(span.begin)) ++span.begin;
  while (has(span.end)) ++span.end;
  while (span.end > span.begin && !has(span.end - 1)) --span.end;
  return span;
}

}  // namespace

double GridMap::row_ratio() const { return 1 / std::abs(rows.scale); }
double GridMap::column_ratio() const { return 1 / std::abs(columns.scale); }

GridMap map_by_geotransform(const Grid& pan, const Grid& ms) {
  const auto &from = pan.geotransform, &to = ms.geotransform;
  const double determinant = to[1] * to[5] - to[2] * to[4];
  if (determinant == 0 || from[1] * from[5] - from[2] * from[4] == 0)
    fail(ErrorKind::data, "invalid geotransform, it maps the raster to a line (gdal_edit.py -a_ullr corrects it)");

  // PAN transform followed by the inverse MS transform: MS column = across[0] * column + across[1] * row + start,
  // counted from pixel corners.
  const double across[2] = {(to[5] * from[1] - to[2] * from[4]) / determinant,
                            (to[5] * from[2] - to[2] * from[5]) / determinant};
  const double down[2] = {(to[1] * from[4] - to[4] * from[1]) / determinant,
                          (to[1] * from[5] - to[4] * from[2]) / determinant};
  const double x = from[0] - to[0], y = from[3] - to[3];
  const double column_start = (to[5] * x - to[2] * y) / determinant, row_start = (to[1] * y - to[4] * x) / determinant;

  constexpr double most_drift = 0.05;  // MS pixels
  const double column_drift = across[1] * length(pan.height), row_drift = down[0] * length(pan.width);
  if (!(std::abs(column_drift) <= most_drift && std::abs(row_drift) <= most_drift))
    fail(ErrorKind::data, "PAN and MS are not parallel: their rows and columns differ by ", std::abs(column_drift),
         " columns and ", std::abs(row_drift), " rows of the MS");
  return {.rows = map_from_border(down[1], row_start + 0.5 * row_drift),
          .columns = map_from_border(across[0], column_start + 0.5 * column_drift)};
}

GridMap map_by_size(const Grid& pan, const Grid& ms, Alignment alignment) {
  return {by_size(pan.height, ms.height, alignment), by_size(pan.width, ms.width, alignment)};
}

std::int64_t sample_under(AxisMap map, std::int64_t pan_index, std::int64_t ms_size) {
  const double from_border = map.at(pan_index) + 0.5;
  if (!(from_border >= -rounding && from_border <= length(ms_size) + rounding)) return -1;
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(from_border)), 0, ms_size - 1);
}

Window served_part(const GridMap& map, const Grid& pan, const Grid& ms) {
  return Window::of(with_sample_under(map.rows, pan.height, ms.height),
                    with_sample_under(map.columns, pan.width, ms.width));
}

GridMap shifted(const GridMap& map, const Window& part) {
  return {map.rows.with_result_from(part.top), map.columns.with_result_from(part.left)};
}

Grid cropped(const Grid& grid, const Window& part) {
  Grid result = grid;
  result.width = part.width;
  result.height = part.height;
  auto& g = result.geotransform;
  g[0] += g[1] * length(part.left) + g[2] * length(part.top);
  g[3] += g[4] * length(part.left) + g[5] * length(part.top);
  return result;
}

}  // namespace premix
