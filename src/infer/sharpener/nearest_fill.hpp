#pragma once

#include "infer/sharpener/scene_chunk.hpp"

namespace premix::infer {

/// Copies a window of a scene, invalid pixels taken from the nearest valid one that is at most `reach` pixels away, 0
/// where there is none; of equally near ones the one in the nearer row, then the upper, then the left. The window may
/// leave the image below and to the right, where pixels are invalid. ms (window, B) and pan (window, 1). chunks begin
/// at column `left` of the image, and hold all rows within reach.
void fill_from_nearest(const ChunkWindow& chunks, std::int64_t left, const Window& window, std::int64_t reach,
                       float* ms, float* pan);

}  // namespace premix::infer
