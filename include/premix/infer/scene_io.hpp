#pragma once

#include <cstdint>
#include <functional>

#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// A PAN image and an MS image of the same ground that are read by windows, and where their fusion goes: neither is
/// ever whole in memory. Values are the network's, about [0, 1]. A pixel is valid (1) where it was measured, in the MS
/// in all its bands, and invalid (0) where it was not; what an invalid pixel's values are does not matter.
struct SceneIo {
  std::int64_t pan_height = 0, pan_width = 0;
  std::int64_t ms_height = 0, ms_width = 0, bands = 0;
  GridMap map;  // where the PAN's pixels lie in the MS
  Window part;  // of the PAN image: what is fused

  /// Fills values, (h, w) of the PAN and (h, w, B) of the MS, and valid (h, w), for a window within the image. Called
  /// on a thread of its own, one call at a time, from the top of the image down, again for each strip of columns.
  std::function<void(const Window&, float*values, std::uint8_t*valid)> read_pan, read_ms;

  /// Takes a piece of the result: values (h, w, B), not clipped, and valid (h, w), for a window of the PAN image. Each
  /// pixel of the part comes in exactly one piece. Pieces come in one order, whatever memory and threads there are, on
  /// a thread of its own, one at a time.
  std::function<void(const Window&, const float* values, const std::uint8_t* valid)> write;

  std::int64_t pieces_done = 0;  // the first pieces that are left out: an interrupted run has written them
};

}  // namespace premix
