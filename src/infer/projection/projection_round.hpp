#pragma once

#include "premix/core/tensor.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix::infer {

/// A window of an image and its pixels (1, height, width, B).
struct ImagePart {
  Window at;
  Tensor<float> pixels;
};

/// The two grids of back-projection.
struct ProjectionGrid {
  GridMap map;
  std::int64_t pan_height, pan_width;
  Window whole;  // of the MS: pixels entirely on the PAN image; only they correct it

  ProjectionGrid(const GridMap& map, std::int64_t pan_height, std::int64_t pan_width, std::int64_t ms_height,
                 std::int64_t ms_width);

  Span pan_rows() const { return {0, pan_height}; }
  Span pan_columns() const { return {0, pan_width}; }
};

/// Pixels used by one round for a window of the PAN.
struct ProjectionReach {
  Window ms;   // source pixels of the interpolation
  Window pan;  // the window and all PAN pixels on the areas of these MS pixels
};

/// Pixels used by one round for the window `pan`. pan and grid.whole: not empty.
ProjectionReach seen_by_round(const ProjectionGrid& grid, const Window& pan);

/// Mean of a fused image over the area of each MS pixel in `at` -> (1, at.height, at.width, B).
Tensor<float> averaged(const ProjectionGrid& grid, const ImagePart& fused, const Window& at);

/// MS minus averaged(), for the MS pixels in `at`.
ImagePart missing_in(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& ms, const Window& at);

/// PAN pixels `at` of the fused image, plus `missing` interpolated by bicubic_sample(). Bit-identical to whole images.
/// The outermost MS pixels of grid.whole are repeated beyond it.
ImagePart corrected(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& missing, const Window& at);

}  // namespace premix::infer
