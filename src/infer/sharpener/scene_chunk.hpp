#pragma once

#include <deque>
#include <vector>

#include "infer/sharpener/cell_tables.hpp"
#include "infer/sharpener/chunk_reader.hpp"
#include "premix/infer/baselines/classical.hpp"

namespace premix::infer {

/// Rows of a scene on the PAN grid, before filling.
struct SceneChunk {
  std::int64_t top = 0, rows = 0;
  Tensor<float> ms, pan;          // (1, rows, W, B) and (1, rows, W, 1); 0 where invalid
  Numbers<std::uint8_t> valid;    // (rows, W): of the PAN and of the MS under the pixel's centre
  Numbers<std::int32_t> nearest;  // (rows, W): nearest valid column of the same row, -1 if none;
                                  // empty if all are valid
  CellRow ms_cells, pan_cells;
  PixelWindow ms_read;  // source of ms, if kept

  bool all_valid() const { return nearest.empty(); }
  void drop_pixels() {
    ms = {};
    pan = {};
    nearest = {};
  }
};

/// Pool memory of a chunk.
struct ChunkBlocks {
  PoolBlocks pixels;  // freed by drop_pixels()
  PoolBlocks others;
  PoolBlocks work;  // during its computation
};

/// Resamples the MS to the PAN grid, by bicubic_sample() for cubic, from valid samples only with weights renormalised
/// to sum 1. cell: side of contrast equalisation cells, if the chunk is a row of cells; 0: no tables.
SceneChunk scene_chunk(const SceneGeometry& scene, const ReadChunk& read, std::int64_t cell, Resampling resampling);
ChunkBlocks chunk_blocks(const SceneGeometry& scene, Span columns, std::int64_t rows, std::int64_t cell);

/// Queue of vertically adjacent chunks.
class ChunkWindow {
 public:
  void push(SceneChunk chunk) { chunks_.push_back(std::move(chunk)); }
  void drop_above(std::int64_t row) {
    while (!chunks_.empty() && chunks_.front().top + chunks_.front().rows <= row) chunks_.pop_front();
  }
  /// Frees the pixels of chunks above a row; keeps their masks.
  void drop_pixels_above(std::int64_t row) {
    for (SceneChunk& chunk : chunks_)
      if (chunk.top + chunk.rows <= row) chunk.drop_pixels();
  }

  bool empty() const { return chunks_.empty(); }
  std::int64_t top() const { return chunks_.front().top; }
  std::int64_t bands() const { return chunks_.back().ms.shape().c; }
  std::int64_t bottom() const { return chunks_.back().top + chunks_.back().rows; }
  auto begin() const { return chunks_.begin(); }
  auto end() const { return chunks_.end(); }
  /// Chunk that contains a row, or null.
  const SceneChunk* at(std::int64_t row) const {
    for (const SceneChunk& chunk : chunks_)
      if (row >= chunk.top && row < chunk.top + chunk.rows) return &chunk;
    return nullptr;
  }

 private:
  std::deque<SceneChunk> chunks_;
};

}  // namespace premix::infer
