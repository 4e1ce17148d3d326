#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include "infer/network/network_side.hpp"
#include "infer/sharpener/scene_chunk.hpp"
#include "premix/nn/premix.hpp"

namespace premix::infer {

/// How a scene is looked at.
struct ViewOptions {
  std::int64_t cell =
      128;  // pixels along a cell of contrast equalisation, from the image's first on; a multiple of 4, 16 at least
  std::int64_t reach = 0;      // how far a fused pixel sees: invalid pixels so near to a valid one are filled
  std::int64_t look_back = 0;  // rows() begins at most so far above the last valid()
  Resampling resampling = Resampling::cubic;
  bool branches = true;  // false: the images as they are alone
  bool keep_ms = false;  // for ms_pixels()
};

/// How views of a scene are used.
struct ViewUse {
  std::int64_t valid_rows = 0;  // of a call of valid(), at most
  std::int64_t rows = 0;        // of a call of rows(), at most
  std::int64_t ahead = 0;       // rows that are looked at below the last valid(), at most
};

/// The memory of SceneViews.
struct ViewBlocks {
  PoolBlocks reading;  // windows on their way
  PoolBlocks chunks;
  PoolBlocks views;  // of chunks, and the images of rows
  PoolBlocks work;   // while a chunk or its views are made
};

/// What the network sees of some columns of a scene, from top to bottom. Columns and rows go on below and to the right
/// of the image to a multiple of 4, where pixels are invalid. Every row of cells is read once.
class SceneViews {
 public:
  SceneViews(const SceneSource& source, Span columns, std::int64_t first_row, const ViewOptions& options);

  Span columns() const { return columns_; }
  std::int64_t height() const { return network_side(scene_.pan_height); }

  /// The images of rows begin .. end - 1, filled. They begin no higher than those of the call before.
  BranchImages<float> rows(std::int64_t begin, std::int64_t end);

  /// Copies which pixels of a window within the image are valid (h, w), a window that begins no higher than those
  /// before.
  void valid(const Window& window, std::uint8_t* to);

  /// MS pixels around the PAN pixels of the last valid(), as they were read. Those that were not read are invalid.
  PixelWindow ms_pixels(const Window& window) const;

  static ViewBlocks blocks(const SceneGeometry& scene, Span columns, const ViewOptions& options, const ViewUse& use);

 private:
  void read_to(std::int64_t row);
  const BranchImages<float>& chunk_views(std::int64_t chunk);
  BranchImages<float> make_views(std::int64_t chunk);
  Tensor<float> equalised(const Tensor<float>& x, std::int64_t chunk, CellRow SceneChunk::*cells) const;

  const SceneGeometry& scene_;
  Span columns_, read_columns_;
  ViewOptions options_;
  std::int64_t chunks_around_;  // that views of a chunk are made of
  std::optional<ChunkReader> reader_;
  ChunkWindow chunks_;
  std::int64_t next_chunk_;
  std::map<std::int64_t, BranchImages<float>> views_;  // of chunks
};

}  // namespace premix::infer
