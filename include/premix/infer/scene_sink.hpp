#pragma once

#include <cstdint>
#include <functional>

#include "premix/image/window.hpp"

namespace premix {

/// Receives the pieces of a fused scene.
struct SceneSink {
  /// Takes a piece: values (h, w, B), unclipped, and valid (h, w), for a window of the PAN image. Each pixel of the
  /// part is in exactly one piece. The order of pieces depends on neither memory nor threads. Called on a separate
  /// thread, one piece at a time.
  std::function<void(const Window&, const float* values, const std::uint8_t* valid)> write;

  std::int64_t pieces_done = 0;  // leading pieces to skip, written by an interrupted run
};

}  // namespace premix
