#pragma once

#include <memory>
#include <thread>

#include "infer/sharpener/bounded_queue.hpp"
#include "infer/sharpener/pixel_window.hpp"
#include "premix/core/axis.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix::infer {

/// Rows of a scene: of the PAN, and of the MS around them.
struct ReadChunk {
  PixelWindow pan, ms;
};

/// Reads chunks of `rows` rows of PAN columns ahead of the consumer, on a separate thread. Chunks begin at multiples of
/// `rows`.
class ChunkReader {
 public:
  ChunkReader(const SceneSource& source, Span columns, std::int64_t rows, std::int64_t first_chunk);
  ~ChunkReader();
  ChunkReader(const ChunkReader&) = delete;
  ChunkReader& operator=(const ChunkReader&) = delete;

  /// Returns the next chunk. There must be one.
  ReadChunk next();

  /// Height and width of a chunk's largest MS window.
  static Window largest_ms_window(const SceneGeometry& scene, Span columns, std::int64_t rows);
  /// Pool memory of the chunks being read, waiting and taken.
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
