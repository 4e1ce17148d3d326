#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Equal cells, starting at the first pixel of an image. They cover the image and may exceed its last row and column,
/// where the image is reflected without repeating the edge.
struct ClaheCells {
  std::int64_t rows, columns;  // number of cells
  std::int64_t height, width;  // pixels per cell; even
};

/// Number of grey levels. A table maps each level to its output level in one cell.
constexpr int clahe_levels = 256;

template <Real T>
struct ClaheTableArgs {
  const T* x;            // (N, H, W, C), clipped to [0, 1] on use
  std::uint8_t* tables;  // (N, rows, columns, C, 256)
  std::uint8_t* nan;     // (N, rows, columns): 1 if the cell contains a NaN, else 0
  std::int64_t images, height, width, channels;
  ClaheCells cells;
  std::int64_t limit;  // upper limit of histogram counts
  T scale;             // 255 / pixels of a cell, rounded to T
};

template <Real T>
struct ClaheArgs {
  const T* x;                  // (N, H, W, C), clipped to [0, 1] on use
  const std::uint8_t* tables;  // (N, rows, columns, C, 256)
  T* y;                        // like x
  std::int64_t images, height, width, channels;
  ClaheCells cells;
  std::int64_t top = 0, left = 0;  // of x, in pixels relative to the first pixel of the first cell
};

template <Real T>
void clahe_tables(Cpu, const ClaheTableArgs<T>&);
template <Real T>
void clahe_tables(Cuda, const ClaheTableArgs<T>&);
template <Real T>
void clahe(Cpu, const ClaheArgs<T>&);
template <Real T>
void clahe(Cuda, const ClaheArgs<T>&);

}  // namespace premix
