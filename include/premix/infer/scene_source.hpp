#pragma once

#include <cstdint>
#include <functional>

#include "premix/infer/scene_geometry.hpp"

namespace premix {

/// Fills values (h, w, C), about [0, 1], and valid (h, w) for a window within an image. A pixel is valid (1) where it
/// was measured, in the MS in all its bands, else invalid (0). Values of invalid pixels have no meaning.
using ReadPixels = std::function<void(const Window&, float* values, std::uint8_t* valid)>;

/// Reads windows of a scene's images, one call at a time: read_pan values (h, w, 1), read_ms values (h, w, B).
struct SceneReader {
  ReadPixels read_pan, read_ms;
};

/// A PAN image and an MS image of the same ground. Neither is ever whole in memory.
struct SceneSource {
  SceneGeometry geometry;

  /// As in SceneReader. A run calls them on a thread of its own, from the top of the image down, again for each strip
  /// of columns.
  ReadPixels read_pan, read_ms;

  /// Returns a second reader of the same images that may run at the same time as read_pan and read_ms. Fusing does not
  /// need it.
  std::function<SceneReader()> another_reader = {};
};

}  // namespace premix
