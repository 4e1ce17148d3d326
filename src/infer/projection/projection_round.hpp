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
  Window whole;  // of the MS: the pixels that lie wholly on the PAN image; they alone correct it

  ProjectionGrid(const GridMap& map, std::int64_t pan_height, std::int64_t pan_width, std::int64_t ms_height,
                 std::int64_t ms_width);

  Span pan_rows() const { return {0, pan_height}; }
  Span pan_columns() const { return {0, pan_width}; }
};

/// Pixels that take part in one round for a window of the PAN.
struct ProjectionReach {
  Window ms;   // MS pixels that the window is interpolated from
  Window pan;  // the window, and all PAN pixels on the areas of these MS pixels
};

/// pan: not empty. grid.whole: not empty.
ProjectionReach seen_by_round(const ProjectionGrid& grid, const Window& pan);

/// Mean of a fused image over the area of each MS pixel in `at` -> (1, at.height, at.width, B).
Tensor<float> averaged(const ProjectionGrid& grid, const ImagePart& fused, const Window& at);

/// The MS minus that mean, for the MS pixels in `at`.
ImagePart missing_in(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& ms, const Window& at);

/// The PAN pixels `at` of the fused image, plus what is missing, interpolated by bicubic_sample(). The bits are those
/// of whole images. Beyond the MS pixels grid.whole the outermost ones are repeated.
ImagePart corrected(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& missing, const Window& at);

}  // namespace premix::infer
