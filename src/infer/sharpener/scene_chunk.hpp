#pragma once

#include <deque>
#include <vector>

#include "infer/sharpener/cell_tables.hpp"
#include "infer/sharpener/chunk_reader.hpp"
#include "premix/infer/baselines/classical.hpp"

namespace premix::infer {

/// Some rows of a scene on PAN's pixels, before anything is filled.
struct SceneChunk {
  std::int64_t top = 0, rows = 0;
  Tensor<float> ms, pan;          // (1, rows, W, B) and (1, rows, W, 1); 0 where invalid
  Numbers<std::uint8_t> valid;    // (rows, W): PAN is, and the MS under the pixel's centre
  Numbers<std::int32_t> nearest;  // (rows, W): the nearest valid column of the same row, -1 where there is none;
                                  // empty where all are valid
  CellRow ms_cells, pan_cells;
  PixelWindow ms_read;  // what ms was made of, where it is kept

  bool all_valid() const { return nearest.empty(); }
  void drop_pixels() {
    ms = {};
    pan = {};
    nearest = {};
  }
};

/// The memory of chunks of so many rows and columns.
struct ChunkBlocks {
  PoolBlocks pixels;  // what drop_pixels() frees
  PoolBlocks others;
  PoolBlocks work;  // while one is made
};

/// Brings the MS to PAN's pixels: bicubic_sample() or what else is wanted, of valid samples alone, their weights made
/// to sum to 1. cell: of contrast equalisation, where the chunk is a row of cells; 0: none is wanted.
SceneChunk scene_chunk(const SceneGeometry& scene, const ReadChunk& read, std::int64_t cell, Resampling resampling);
ChunkBlocks chunk_blocks(const SceneGeometry& scene, Span columns, std::int64_t rows, std::int64_t cell);

/// Chunks one below another.
class ChunkWindow {
 public:
  void push(SceneChunk chunk) { chunks_.push_back(std::move(chunk)); }
  void drop_above(std::int64_t row) {
    while (!chunks_.empty() && chunks_.front().top + chunks_.front().rows <= row) chunks_.pop_front();
  }
  /// Frees the pixels of chunks above a row; which of them are valid stays known.
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
  /// The chunk of a row, or null.
  const SceneChunk* at(std::int64_t row) const {
    for (const SceneChunk& chunk : chunks_)
      if (row >= chunk.top && row < chunk.top + chunk.rows) return &chunk;
    return nullptr;
  }

 private:
  std::deque<SceneChunk> chunks_;
};

}  // namespace premix::infer
