#pragma once

#include <cstdint>
#include <functional>

#include "premix/image/window.hpp"

namespace premix {

/// Receives a fused scene piece by piece.
struct SceneSink {
  /// Takes a piece: values (h, w, B), not clipped, and valid (h, w), for a window of the PAN image. Each pixel of the
  /// part comes in exactly one piece. The order of pieces depends on neither memory nor threads. Called on a thread of
  /// its own, one piece at a time.
  std::function<void(const Window&, const float* values, const std::uint8_t* valid)> write;

  std::int64_t pieces_done = 0;  // leading pieces to skip: an interrupted run has written them
};

}  // namespace premix
