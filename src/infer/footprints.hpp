#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "premix/kernels/bicubic.hpp"

namespace premix {

/// One axis: the areas of MS pixels on the PAN's, from corner to corner, where the first PAN pixel begins at 0.
class Footprints {
 public:
  explicit Footprints(AxisMap map) : map_(map) {}

  double begin(std::int64_t ms) const { return std::min(border(ms), border(ms + 1)); }
  double end(std::int64_t ms) const { return std::max(border(ms), border(ms + 1)); }

  /// Whether an MS pixel lies wholly on the PAN pixels from .. until - 1.
  bool inside(std::int64_t ms, std::int64_t from, std::int64_t until) const {
    constexpr double rounding = 1e-6;  // of geotransforms, in pixels
    return begin(ms) >= static_cast<double>(from) - rounding && end(ms) <= static_cast<double>(until) + rounding;
  }

 private:
  // Where the border between MS pixels i - 1 and i lies.
  double border(std::int64_t i) const { return (static_cast<double>(i) - 0.5 - map_.offset) / map_.scale + 0.5; }

  AxisMap map_;
};

/// MS pixels, one after another.
struct MsSpan {
  std::int64_t first = 0, count = 0;
};

/// Those of ms pixels that lie wholly on the PAN pixels from .. until - 1.
inline MsSpan whole_pixels(const Footprints& footprints, std::int64_t ms, std::int64_t from, std::int64_t until) {
  MsSpan span;
  while (span.first < ms && !footprints.inside(span.first, from, until)) ++span.first;
  while (span.first + span.count < ms && footprints.inside(span.first + span.count, from, until)) ++span.count;
  return span;
}

constexpr double least_share = 1e-5;  // of an MS pixel's area: below it lies the rounding of geotransforms

/// The share that each PAN pixel has in the area of an MS pixel that lies on the PAN pixels from .. until - 1.
struct PixelShares {
  std::int64_t first = 0;      // PAN pixel
  std::vector<double> shares;  // of it and those that follow; sum 1

  std::int64_t beyond() const { return first + static_cast<std::int64_t>(shares.size()); }

  PixelShares(const Footprints& footprints, std::int64_t ms, std::int64_t from, std::int64_t until) {
    const double begin = footprints.begin(ms), end = footprints.end(ms);
    first = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(begin)), from, until - 1);
    const auto after = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(end)), first + 1, until);
    double sum = 0;
    for (std::int64_t i = first; i < after; ++i) {
      const double share =
          std::max(0.0, std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i)));
      shares.push_back(share), sum += share;
    }
    for (double& share : shares) share /= sum;
  }
};

}  // namespace premix
