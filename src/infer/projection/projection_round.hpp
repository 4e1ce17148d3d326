#pragma once

#include "premix/core/tensor.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix::infer {

/// Some pixels of an image: which, and what they are (1, height, width, B).
struct ImagePart {
  Window at;
  Tensor<float> pixels;
};

/// The grids that back-projection goes to and fro between.
struct ProjectionGrid {
  GridMap map;
  std::int64_t pan_height, pan_width;
  Window whole;  // of the MS: the pixels that lie wholly on the PAN image, which correct it

  ProjectionGrid(const GridMap& map, std::int64_t pan_height, std::int64_t pan_width, std::int64_t ms_height,
                 std::int64_t ms_width);
};

/// What corrects some PAN pixels in one round.
struct ProjectionReach {
  Window ms;   // the MS pixels that they are interpolated from
  Window pan;  // they themselves, and all on the areas of these MS pixels
};

/// Of PAN pixels that are not none, where the grid's `whole` is not empty.
ProjectionReach seen_by_round(const ProjectionGrid& grid, const Window& pan);

/// The mean of a fused image over the area of each of the MS pixels `at` -> (1, at.height, at.width, B).
Tensor<float> averaged(const ProjectionGrid& grid, const ImagePart& fused, const Window& at);

/// What the MS has more than that, for the MS pixels `at`.
ImagePart missing_in(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& ms, const Window& at);

/// The PAN pixels `at` of the fused image and of what is missing, brought to them by bicubic_sample(). The bits are
/// those that they have where both images are whole; beyond the MS pixels grid.whole the outermost ones are repeated.
ImagePart corrected(const ProjectionGrid& grid, const ImagePart& fused, const ImagePart& missing, const Window& at);

}  // namespace premix::infer
