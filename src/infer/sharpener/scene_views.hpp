#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include "infer/network/network_side.hpp"
#include "infer/sharpener/scene_chunk.hpp"
#include "premix/nn/premix.hpp"

namespace premix::infer {

/// Options of the views of a scene.
struct ViewOptions {
  std::int64_t cell = 128;     // side of a contrast equalisation cell, pixels: a multiple of 4, at least 16
  std::int64_t reach = 0;      // receptive field: invalid pixels within it of a valid one are filled
  std::int64_t look_back = 0;  // maximum rows that rows() begins above the last valid()
  Resampling resampling = Resampling::cubic;
  bool branches = true;  // false: plain images only
  bool keep_ms = false;  // for ms_pixels()
};

/// Maximum sizes of calls to SceneViews.
struct ViewUse {
  std::int64_t valid_rows = 0;  // per call of valid()
  std::int64_t rows = 0;        // per call of rows()
  std::int64_t ahead = 0;       // rows used below the last valid()
};

/// Pool memory of SceneViews.
struct ViewBlocks {
  PoolBlocks reading;  // windows being read
  PoolBlocks chunks;
  PoolBlocks views;  // of chunks, and images of rows()
  PoolBlocks work;   // during computation of a chunk or its views
};

/// Streams the network's input images for columns of a scene, from top to bottom. The image is padded below and to the
/// right to multiples of 4 with invalid pixels. Each row of cells is read once.
class SceneViews {
 public:
  SceneViews(const SceneSource& source, Span columns, std::int64_t first_row, const ViewOptions& options);

  Span columns() const { return columns_; }
  std::int64_t height() const { return network_side(scene_.pan_height); }

  /// Returns the filled images of rows begin .. end - 1. begin must not decrease between calls.
  BranchImages<float> rows(std::int64_t begin, std::int64_t end);

  /// Copies the mask (h, w) of a window within the image. window.top must not decrease between calls.
  void valid(const Window& window, std::uint8_t* to);

  /// Returns MS pixels, as read, around the PAN pixels of the last valid(). Pixels not read are invalid.
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
  std::int64_t chunks_around_;  // each way, used by the views of a chunk
  std::optional<ChunkReader> reader_;
  ChunkWindow chunks_;
  std::int64_t next_chunk_;
  std::map<std::int64_t, BranchImages<float>> views_;  // by chunk
};

}  // namespace premix::infer
