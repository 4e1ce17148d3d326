#pragma once

#include <vector>

#include "core/pool_blocks.hpp"
#include "premix/core/tensor.hpp"
#include "premix/kernels/clahe.hpp"

namespace premix::infer {

using core::PoolBlocks;

/// The tables of contrast equalisation (premix/kernels/clahe.hpp) of a row of cells, made of valid pixels alone: the
/// limit of the counts goes with their number.
struct CellRow {
  std::vector<std::uint8_t> tables;  // (cells, C, 256); of a cell without a valid pixel: levels as they are
  std::vector<std::int64_t> valid;   // pixels of each cell
};

/// x (1, rows, W, C) are the rows of a row of cells, from a cell's first column on; at the scene's end there may be
/// fewer rows and columns than the last cells have. valid (rows, W).
CellRow cell_row(const Tensor<float>& x, const std::uint8_t* valid, std::int64_t cell);
PoolBlocks cell_row_blocks(std::int64_t width, std::int64_t channels, std::int64_t cell);

/// The tables of a row of cells for use: where fewer than a quarter of a cell's pixels are valid, the mean of the
/// tables of those of its eight neighbours that have more; where no neighbour has, its own. above and below: null at
/// the scene's first and last row.
std::vector<std::uint8_t> with_borrowed(const CellRow* above, const CellRow& row, const CellRow* below,
                                        std::int64_t cell);

}  // namespace premix::infer
