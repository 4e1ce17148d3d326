#include "infer/sharpener/nearest_fill.hpp"

#include <algorithm>
#include <cstdlib>

#include "premix/core/parallel.hpp"

namespace premix::infer {
namespace {

struct Place {
  const SceneChunk* chunk = nullptr;
  std::int64_t pixel = 0;  // index in the chunk
};

// Column of the valid pixel nearest to `column` in a row of a chunk; -1: none. column may be beyond the last.
std::int64_t nearest_in_row(const SceneChunk& chunk, std::int64_t row, std::int64_t column) {
  const std::int64_t width = chunk.pan.shape().w, inside = std::min(column, width - 1);
  return chunk.all_valid() ? inside : chunk.nearest[(row - chunk.top) * width + inside];
}

Place nearest_to(const ChunkWindow& chunks, std::int64_t row, std::int64_t column, std::int64_t reach) {
  Place best;
  std::int64_t best_distance = reach * reach + 1;  // squared
  const auto look = [&](std::int64_t y) {
    const SceneChunk* chunk = chunks.at(y);
    if (chunk == nullptr) return;
    const std::int64_t x = nearest_in_row(*chunk, y, column);
    const std::int64_t distance = (y - row) * (y - row) + (x - column) * (x - column);
    if (x < 0 || distance >= best_distance) return;
    best_distance = distance;
    best = {chunk, (y - chunk->top) * chunk->pan.shape().w + x};
  };
  look(row);
  for (std::int64_t away = 1; away * away < best_distance; ++away) {
    look(row - away);
    look(row + away);
  }
  return best;
}

}  // namespace

void fill_from_nearest(const ChunkWindow& chunks, std::int64_t left, const Window& window, std::int64_t reach,
                       float* ms, float* pan) {
  parallel_for(window.height, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t y = begin; y < end; ++y) {
      const std::int64_t row = window.top + y;
      const SceneChunk* chunk = chunks.at(row);
      const std::int64_t bands = chunks.bands();
      std::int64_t x = 0;
      if (chunk != nullptr && chunk->all_valid()) {
        const std::int64_t width = chunk->pan.shape().w, first = (row - chunk->top) * width + window.left - left;
        x = std::min(window.width, width - (window.left - left));
        std::copy_n(chunk->ms.data() + first * bands, x * bands, ms + y * window.width * bands);
        std::copy_n(chunk->pan.data() + first, x, pan + y * window.width);
      }
      for (; x < window.width; ++x) {
        const std::int64_t column = window.left - left + x;
        Place from;
        if (chunk != nullptr && column < chunk->pan.shape().w) {
          const std::int64_t pixel = (row - chunk->top) * chunk->pan.shape().w + column;
          if (chunk->valid[pixel] != 0) from = {chunk, pixel};
        }
        if (from.chunk == nullptr) from = nearest_to(chunks, row, column, reach);
        const std::int64_t to = y * window.width + x;
        if (from.chunk == nullptr) {
          std::fill_n(ms + to * bands, bands, 0.0F);
          pan[to] = 0;
        } else {
          std::copy_n(from.chunk->ms.data() + from.pixel * bands, bands, ms + to * bands);
          pan[to] = from.chunk->pan.data()[from.pixel];
        }
      }
    }
  });
}

}  // namespace premix::infer
