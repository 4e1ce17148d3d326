#include "infer/shift/degraded_pan.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace premix {
namespace {

struct Extent1d {
  std::int64_t first, count;
};

Extent1d under(AxisMap map, std::int64_t ms_first, std::int64_t ms_count, double margin, std::int64_t pan_size) {
  const double a = (static_cast<double>(ms_first) - margin - map.offset) / map.scale;
  const double b = (static_cast<double>(ms_first + ms_count - 1) + margin - map.offset) / map.scale;
  const double most = static_cast<double>(pan_size - 1);
  const auto first = static_cast<std::int64_t>(std::clamp(std::floor(std::min(a, b)), 0.0, most));
  const auto last = static_cast<std::int64_t>(std::clamp(std::ceil(std::max(a, b)), 0.0, most));
  return {first, last - first + 1};
}

struct Tap {
  Eigen::Index source;
  double weight;
};

// Gaussian weights, of sum 1, of the PAN pixels around the place of MS pixel i.
std::vector<Tap> taps(AxisMap map, std::int64_t i, double shift, Extent1d part) {
  constexpr double sigma_ms = 0.494;  // MS pixels: exp(-2 (pi sigma / 2)^2) = 0.3
  const double place = (static_cast<double>(i) - map.offset) / map.scale - shift;
  const double sigma = sigma_ms / std::abs(map.scale), reach = ms_pixel_reach / std::abs(map.scale);
  std::vector<Tap> result;
  double sum = 0;
  for (double pixel = std::ceil(place - reach); pixel <= place + reach; ++pixel) {
    const double distance = (pixel - place) / sigma, weight = std::exp(-0.5 * distance * distance);
    const auto source = std::clamp<std::int64_t>(static_cast<std::int64_t>(pixel) - part.first, 0, part.count - 1);
    result.push_back({source, weight}), sum += weight;
  }
  for (Tap& tap : result) tap.weight /= sum;
  return result;
}

}  // namespace

Window pan_under(const GridMap& map, const Window& ms, double largest, std::int64_t height, std::int64_t width) {
  const double margin = ms_pixel_reach + largest;
  const Extent1d rows = under(map.rows, ms.top, ms.height, margin, height);
  const Extent1d columns = under(map.columns, ms.left, ms.width, margin, width);
  return {rows.first, columns.first, rows.count, columns.count};
}

Plane degraded_pan(const PanPart& pan, const GridMap& map, const Window& ms, const Shift& shift) {
  Plane rows = Plane::Zero(ms.height, pan.window.width), result = Plane::Zero(ms.height, ms.width);
  for (std::int64_t y = 0; y < ms.height; ++y)
    for (const Tap& tap : taps(map.rows, ms.top + y, shift.dy, {pan.window.top, pan.window.height}))
      rows.row(y) += tap.weight * pan.values.row(tap.source);
  for (std::int64_t x = 0; x < ms.width; ++x)
    for (const Tap& tap : taps(map.columns, ms.left + x, shift.dx, {pan.window.left, pan.window.width}))
      result.col(x) += tap.weight * rows.col(tap.source);
  return result;
}

}  // namespace premix
