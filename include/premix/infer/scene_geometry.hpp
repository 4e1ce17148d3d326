#pragma once

#include <cstdint>

#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// Sizes of a PAN and an MS image of the same ground, and the map between them.
struct SceneGeometry {
  std::int64_t pan_height = 0, pan_width = 0;
  std::int64_t ms_height = 0, ms_width = 0, bands = 0;
  GridMap map;  // from PAN pixels to MS pixels
  Window part;  // of the PAN image: pixels to fuse
};

}  // namespace premix
