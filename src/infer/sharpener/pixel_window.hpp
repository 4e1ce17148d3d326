#pragma once

#include "core/pool_blocks.hpp"
#include "infer/numbers.hpp"
#include "premix/image/window.hpp"

namespace premix::infer {

using core::PoolBlocks;

/// Pixels of an image and their mask. Consecutive windows all allocate the size of the largest, so that the pool can
/// reuse their blocks.
struct PixelWindow {
  Window window;
  Numbers<float> values;        // (h, w, C)
  Numbers<std::uint8_t> valid;  // (h, w)

  PixelWindow() = default;
  PixelWindow(const Window& at, std::int64_t channels, std::int64_t most_pixels)
      : window(at), values(std::max(most_pixels, at.pixels()) * channels), valid(std::max(most_pixels, at.pixels())) {}

  static PoolBlocks blocks(std::int64_t channels, std::int64_t most_pixels) {
    return PoolBlocks(most_pixels * channels * static_cast<std::int64_t>(sizeof(float))).add(most_pixels);
  }
};

}  // namespace premix::infer
