#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "infer/sharpener/bounded_queue.hpp"
#include "premix/core/axis.hpp"
#include "premix/infer/scene_source.hpp"

namespace premix::infer {

/// A window of an image as it was read.
struct ReadWindow {
  Window window;
  std::vector<float> values;        // (h, w, C)
  std::vector<std::uint8_t> valid;  // (h, w)
};

/// Some rows of a scene: PAN's, and those of the MS around them.
struct ReadChunk {
  ReadWindow pan, ms;
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

 private:
  ReadChunk read(std::int64_t top) const;

  const SceneSource& source_;
  Span columns_;
  std::int64_t rows_;
  BoundedQueue<ReadChunk> queue_{2};
  std::thread thread_;
};

}  // namespace premix::infer
