#pragma once

#include <array>
#include <cstdint>

#include "premix/image/window.hpp"
#include "premix/kernels/bicubic.hpp"

namespace premix {

/// The pixels of a raster on the ground: x = g[0] + g[1]*column + g[2]*row, y = g[3] + g[4]*column + g[5]*row, columns
/// and rows counted from the outer corner of the first pixel, whose centre is at (1/2, 1/2).
struct Grid {
  std::int64_t width = 0, height = 0;  // pixels
  std::array<double, 6> geotransform = {0, 1, 0, 0, 0, 1};
};

/// Where the centres of a PAN image's pixels lie in an MS image, axis by axis: MS index = PAN index * scale + offset, a
/// whole MS index being the centre of a pixel. With a ratio R and common outer borders scale is 1 / R and offset 1 / 2R
/// - 1 / 2; where the centres of the first pixels coincide, as in Landsat's products, offset is 0. A negative scale
/// flips the axis.
struct GridMap {
  AxisMap rows, columns;

  double row_ratio() const;     // PAN rows along one MS row
  double column_ratio() const;  // PAN columns along one MS column
};

/// By the geotransforms, whatever the extents of the two are. Throws a data Error where the axes are not parallel:
/// along the PAN's whole length they may part by 1/20 of an MS pixel.
GridMap map_by_geotransform(const Grid& pan, const Grid& ms);

/// What is known of two images without geotransforms.
enum class Alignment {
  edges,   // the outer borders agree
  centres  // the centres of the corner pixels agree
};

/// By the sizes alone; geotransforms are not looked at.
GridMap map_by_size(const Grid& pan, const Grid& ms, Alignment alignment);

/// The MS row or column that the centre of a PAN row or column lies on; -1 where it lies beyond the MS, by more than
/// rounding.
std::int64_t sample_under(AxisMap map, std::int64_t pan_index, std::int64_t ms_size);

/// The part of the PAN image that the MS image serves: the pixels whose centres lie on it. Empty where the two have no
/// ground in common.
Window served_part(const GridMap& map, const Grid& pan, const Grid& ms);

/// The map seen from a part of the PAN image, and the grid of that part.
GridMap shifted(const GridMap& map, const Window& part);
Grid cropped(const Grid& grid, const Window& part);

}  // namespace premix
