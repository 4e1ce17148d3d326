#pragma once

#include <memory>
#include <thread>

#include "infer/sharpener/bounded_queue.hpp"
#include "infer/sharpener/pixel_window.hpp"
#include "premix/core/axis.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix::infer {

/// Some rows of a scene: PAN's, and those of the MS around them.
struct ReadChunk {
  PixelWindow pan, ms;
};

/// Reads chunks of `rows` rows of PAN's columns, each from a multiple of `rows` on, ahead of who takes them, on a
/// thread of its own.
class ChunkReader {
 public:
  ChunkReader(const SceneSource& source, Span columns, std::int64_t rows, std::int64_t first_chunk);
  ~ChunkReader();
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;

  /// The next chunk. There must be one.
  ReadChunk next();

  /// Height and width of the largest MS window of a chunk.
  static Window largest_ms_window(const SceneGeometry& scene, Span columns, std::int64_t rows);
  /// The chunks that are read, that wait, and the one that was taken.
  static PoolBlocks blocks(const SceneGeometry& scene, Span columns, std::int64_t rows);

 private:
  static constexpr std::size_t most_waiting = 2;

  ReadChunk read(std::int64_t top) const;

  const SceneSource& source_;
  Span columns_;
  std::int64_t rows_, most_ms_pixels_;
  BoundedQueue<ReadChunk> queue_{most_waiting};
  std::thread thread_;
};

}  // namespace premix::infer
