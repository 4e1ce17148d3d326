#pragma once

#include <array>
#include <cstdint>

#include "premix/image/window.hpp"
#include "premix/kernels/bicubic.hpp"

namespace premix {

/// Pixel grid of a raster on the ground: x = g[0] + g[1]*column + g[2]*row, y = g[3] + g[4]*column + g[5]*row. Columns
/// and rows count from the outer corner of the first pixel; its centre is at (1/2, 1/2).
struct Grid {
  std::int64_t width = 0, height = 0;  // pixels
  std::array<double, 6> geotransform = {0, 1, 0, 0, 0, 1};
};

/// Maps PAN pixel centres to the MS image, per axis: MS index = PAN index * scale + offset. Integer MS indices are
/// pixel centres. Ratio R and common outer borders give scale = 1 / R, offset = 1 / 2R - 1 / 2. Coinciding centres of
/// the first pixels, as in Landsat products, give offset = 0. A negative scale flips the axis.
struct GridMap {
  AxisMap rows, columns;

  double row_ratio() const;     // PAN rows per MS row
  double column_ratio() const;  // PAN columns per MS column
};

/// Map from geotransforms; the extents may differ. Throws a data Error if the axes are not parallel: they may diverge
/// by 1/20 of an MS pixel over the length of the PAN.
GridMap map_by_geotransform(const Grid& pan, const Grid& ms);

/// Alignment of two images without geotransforms.
enum class Alignment {
  edges,   // outer borders coincide
  centres  // centres of the corner pixels coincide
};

/// Map from the sizes alone; geotransforms are ignored.
GridMap map_by_size(const Grid& pan, const Grid& ms, Alignment alignment);

/// MS row or column under the centre of a PAN row or column; -1 if it is outside the MS by more than rounding.
std::int64_t sample_under(AxisMap map, std::int64_t pan_index, std::int64_t ms_size);

/// Part of the PAN covered by the MS: PAN pixels with centres on the MS. Empty if the two do not overlap.
Window served_part(const GridMap& map, const Grid& pan, const Grid& ms);

/// Map relative to a part of the PAN image, and grid of that part.
GridMap shifted(const GridMap& map, const Window& part);
Grid cropped(const Grid& grid, const Window& part);

}  // namespace premix
