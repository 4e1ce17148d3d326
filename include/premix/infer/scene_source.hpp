#pragma once

#include <cstdint>
#include <functional>

#include "premix/infer/scene_geometry.hpp"

namespace premix {

/// Fills values (h, w, C), about [0, 1], and valid (h, w) for a window within an image. valid is 1 for measured pixels,
/// in the MS measured in all bands, else 0. Values of invalid pixels are unspecified.
using ReadPixels = std::function<void(const Window&, float* values, std::uint8_t* valid)>;

/// Reads windows of a scene's images, one call at a time: read_pan values (h, w, 1), read_ms values (h, w, B).
struct SceneReader {
  ReadPixels read_pan, read_ms;
};

/// A PAN and an MS image of the same ground. Neither is in memory as a whole.
struct SceneSource {
  SceneGeometry geometry;

  /// As in SceneReader. A run calls them on a separate thread, from top to bottom, once for each strip of columns.
  ReadPixels read_pan, read_ms;

  /// Returns a second reader of the same images, for use concurrent with read_pan and read_ms. Fusion does not need it.
  std::function<SceneReader()> another_reader = {};
};

}  // namespace premix
