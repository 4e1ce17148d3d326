#include "infer/shift/degraded_pan.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "infer/gaussian.hpp"

namespace premix::infer {
namespace {

// PAN pixels under MS pixels, with a margin in MS pixels.
Span pan_pixels_under(AxisMap map, Span ms, double margin, std::int64_t pan_size) {
  const double before = map.inverse(static_cast<double>(ms.begin) - margin);
  const double after = map.inverse(static_cast<double>(ms.end - 1) + margin);
  const double most = static_cast<double>(pan_size - 1);
  const double lowest = std::clamp(std::floor(std::min(before, after)), 0.0, most);
  const double highest = std::clamp(std::ceil(std::max(before, after)), 0.0, most);
  return {static_cast<std::int64_t>(lowest), static_cast<std::int64_t>(highest) + 1};
}

struct Tap {
  Eigen::Index source;  // counted from the part's first pixel
  double weight;
};

// Taps around MS pixel `ms` on a part of the PAN. Their weights sum to 1.
std::vector<Tap> taps_of(AxisMap map, std::int64_t ms, double shift, Span part) {
  constexpr double sigma_ms = 0.494;  // MS pixels, rounded: MtfGaussian with a gain of 0.3
  const double place = map.inverse(ms) - shift;
  const double sigma = sigma_ms / std::abs(map.scale), reach = ms_pixel_reach / std::abs(map.scale);
  const Span pixels = {static_cast<std::int64_t>(std::ceil(place - reach)),
                       static_cast<std::int64_t>(std::floor(place + reach)) + 1};
  const std::vector<double> weights = gaussian_weights(place, sigma, pixels);
  std::vector<Tap> taps;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t source = std::clamp(pixel, part.begin, part.end - 1) - part.begin;
    taps.push_back({source, weights[static_cast<std::size_t>(pixel - pixels.begin)]});
  }
  return taps;
}

}  // namespace

Window pan_under(const GridMap& map, const Window& ms, double largest, std::int64_t height, std::int64_t width) {
  const double margin = ms_pixel_reach + largest;
  return Window::of(pan_pixels_under(map.rows, ms.rows(), margin, height),
                    pan_pixels_under(map.columns, ms.columns(), margin, width));
}

Plane degraded_pan(const PanPart& pan, const GridMap& map, const Window& ms, const Shift& shift) {
  Plane rows = Plane::Zero(ms.height, pan.window.width), result = Plane::Zero(ms.height, ms.width);
  for (std::int64_t y = 0; y < ms.height; ++y)
    for (const Tap& tap : taps_of(map.rows, ms.top + y, shift.dy, pan.window.rows()))
      rows.row(y) += tap.weight * pan.values.row(tap.source);
  for (std::int64_t x = 0; x < ms.width; ++x)
    for (const Tap& tap : taps_of(map.columns, ms.left + x, shift.dx, pan.window.columns()))
      result.col(x) += tap.weight * rows.col(tap.source);
  return result;
}

}  // namespace premix::infer
