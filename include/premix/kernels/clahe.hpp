#pragma once

#include <cstdint>

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Equal cells from an image's first pixel on. They cover it, and may reach beyond its last row and column, where the
/// image is reflected without repeating the edge.
struct ClaheCells {
  std::int64_t rows, columns;  // how many cells
  std::int64_t height, width;  // pixels of one cell; even
};

/// A table says for each of 256 grey levels which one it becomes in its cell.
constexpr int clahe_levels = 256;

template <Real T>
struct ClaheTableArgs {
  const T* x;            // (N, H, W, C), used as if clipped to [0, 1]
  std::uint8_t* tables;  // (N, rows, columns, C, 256)
  std::uint8_t* nan;     // (N, rows, columns): 1 where the cell contains a NaN, else 0
  std::int64_t images, height, width, channels;
  ClaheCells cells;
  std::int64_t limit;  // a histogram's counts are cut to this
  T scale;             // 255 / pixels of a cell, rounded to T
};

template <Real T>
struct ClaheArgs {
  const T* x;                  // (N, H, W, C), used as if clipped to [0, 1]
  const std::uint8_t* tables;  // (N, rows, columns, C, 256)
  T* y;                        // like x
  std::int64_t images, height, width, channels;
  ClaheCells cells;
  std::int64_t top = 0, left = 0;  // of x, in pixels from the first cell's first
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
