#pragma once

#include "infer/sharpener/scene_chunk.hpp"

namespace premix::infer {

/// Copies a window of a scene and fills invalid pixels from the nearest valid pixel within `reach` pixels, else with 0.
/// Ties: the nearer row, then the upper, then the left pixel. The window may extend below and to the right of the
/// image; pixels there are invalid. ms (window, B), pan (window, 1). chunks begin at column `left` of the image and
/// hold all rows within reach.
void fill_from_nearest(const ChunkWindow& chunks, std::int64_t left, const Window& window, std::int64_t reach,
                       float* ms, float* pan);

}  // namespace premix::infer
