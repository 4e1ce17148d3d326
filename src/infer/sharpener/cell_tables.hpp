#pragma once

#include <vector>

#include "core/pool_blocks.hpp"
#include "premix/core/tensor.hpp"
#include "premix/kernels/clahe.hpp"

namespace premix::infer {

using core::PoolBlocks;

/// Contrast equalisation tables (premix/kernels/clahe.hpp) of a row of cells, from valid pixels only. The clip limit is
/// proportional to their number.
struct CellRow {
  std::vector<std::uint8_t> tables;  // (cells, C, 256); identity for cells without valid pixels
  std::vector<std::int64_t> valid;   // valid pixels per cell
};

/// Computes the tables of a row of cells. x (1, rows, W, C): its pixels, from the first column of a cell; cells at the
/// scene's end may be cut off. valid (rows, W).
CellRow cell_row(const Tensor<float>& x, const std::uint8_t* valid, std::int64_t cell);
PoolBlocks cell_row_blocks(std::int64_t width, std::int64_t channels, std::int64_t cell);

/// Tables of a row of cells for use. A cell with less than a quarter of its pixels valid gets the mean of its eight
/// neighbours' tables, without neighbours below a quarter; if none remains, it keeps its own. above, below: null at the
/// scene's first and last row.
std::vector<std::uint8_t> with_borrowed(const CellRow* above, const CellRow& row, const CellRow* below,
                                        std::int64_t cell);

}  // namespace premix::infer
