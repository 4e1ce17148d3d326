#pragma once

#include <cstdint>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// What is done about values that are not numbers. To look for them on a GPU is to wait for it.
enum class NanCheck { on, off };

struct ClaheOptions {
  std::int64_t grid = 8;   // the image is cut into grid x grid cells
  double clip_limit = 40;  // a histogram's counts are cut to clip_limit times their mean, and to 1 at least
  NanCheck nan_check = NanCheck::on;
};

/// Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), each image and channel alone, as the published
/// network applies it: kornia 0.7.1's equalize_clahe on x clipped to [0, 1]. x (N, H, W, C) -> (N, H, W, C) in [0, 1].
///
/// A cell has ceil(H / grid) rows, one more if that is odd; where the cells reach beyond the image it is reflected, so
/// that the default grid needs at least 9 pixels each way. Throws on NaN, with the place; without the check NaN counts
/// as 0.
template <Real T>
Tensor<T> clahe(const Tensor<T>& x, const ClaheOptions& options = {});

/// The grey levels, 0 to 255, that the levels 0 to 255 become at the centre of each cell.
struct ClaheTables {
  Shape cells;                       // N, rows of cells, columns of cells, C
  std::vector<std::uint8_t> levels;  // (N, rows, columns, C, 256)
};

/// The tables that clahe(x, options) uses.
template <Real T>
ClaheTables clahe_tables(const Tensor<T>& x, const ClaheOptions& options = {});

}  // namespace premix
