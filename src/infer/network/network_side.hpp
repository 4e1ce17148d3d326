#pragma once

#include <algorithm>
#include <cstdint>

namespace premix::infer {

/// Image side for the network: `pixels` rounded up to a multiple of 4, at least 12.
constexpr std::int64_t network_side(std::int64_t pixels) {
  constexpr std::int64_t multiple = 4, least = 12;
  return std::max(least, (pixels + multiple - 1) / multiple * multiple);
}

}  // namespace premix::infer
