#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "premix/core/axis.hpp"

namespace premix::infer {

/// Border between MS pixels ms - 1 and ms, in PAN pixels from the outer border of the first PAN pixel.
inline double border_on_pan(AxisMap map, std::int64_t ms) { return map.inverse(static_cast<double>(ms) - 0.5) + 0.5; }

/// Extents of MS pixels along one axis, in PAN pixels from the outer border of the first PAN pixel.
class Footprints {
 public:
  explicit Footprints(AxisMap map) : map_(map) {}

  double begin(std::int64_t ms) const { return std::min(border_on_pan(map_, ms), border_on_pan(map_, ms + 1)); }
  double end(std::int64_t ms) const { return std::max(border_on_pan(map_, ms), border_on_pan(map_, ms + 1)); }

  /// Whether an MS pixel is entirely on the PAN pixels.
  bool inside(std::int64_t ms, Span pan) const {
    constexpr double rounding = 1e-6;  // of geotransforms, in pixels
    return begin(ms) >= static_cast<double>(pan.begin) - rounding && end(ms) <= static_cast<double>(pan.end) + rounding;
  }

 private:
  AxisMap map_;
};

/// MS pixels among 0 .. ms_size - 1 that are entirely on the PAN pixels.
inline Span whole_pixels(const Footprints& footprints, std::int64_t ms_size, Span pan) {
  std::int64_t begin = 0;
  while (begin < ms_size && !footprints.inside(begin, pan)) ++begin;
  std::int64_t end = begin;
  while (end < ms_size && footprints.inside(end, pan)) ++end;
  return {begin, end};
}

constexpr double least_share = 1e-5;  // of an MS pixel's area; smaller shares are rounding of geotransforms

/// Shares of PAN pixels in the area of one MS pixel. The MS pixel is on the PAN pixels `pan`.
struct PixelShares {
  Span pixels;                 // of the PAN
  std::vector<double> shares;  // per pixel, sum 1

  PixelShares(const Footprints& footprints, std::int64_t ms, Span pan) {
    const double area_begin = footprints.begin(ms), area_end = footprints.end(ms);
    pixels.begin = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(area_begin)), pan.begin, pan.end - 1);
    pixels.end = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(area_end)), pixels.begin + 1, pan.end);
    double sum = 0;
    for (std::int64_t i = pixels.begin; i < pixels.end; ++i) {
      const double overlap_end = std::min(area_end, static_cast<double>(i + 1));
      const double overlap_begin = std::max(area_begin, static_cast<double>(i));
      shares.push_back(std::max(0.0, overlap_end - overlap_begin));
      sum += shares.back();
    }
    for (double& share : shares) share /= sum;
  }
};

}  // namespace premix::infer
