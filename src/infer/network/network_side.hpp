#pragma once

#include <algorithm>
#include <cstdint>

namespace premix::infer {

/// Smallest side of an image for the network that holds so many pixels: a multiple of 4, at least 12.
constexpr std::int64_t network_side(std::int64_t pixels) {
  constexpr std::int64_t multiple = 4, least = 12;
  return std::max(least, (pixels + multiple - 1) / multiple * multiple);
}

}  // namespace premix::infer
