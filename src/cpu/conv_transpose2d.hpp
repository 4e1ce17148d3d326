#pragma once

#include "cpu/winograd.hpp"

namespace premix::on_cpu {

/// Transposed convolution that doubles the size (premix/ops/conv_transpose2d.hpp), as four convolutions. Each parity of
/// the result's row and column has one, with 1, 2, 2 and 4 taps. Channels are multiples of 8.
template <class T = float>
struct ConvTransposeArgs {
  WinogradSizes sizes;  // of x
  RowRange rows = {};   // of x: n rows give 2 n rows of y and read one more row
  RowsOf<const T> x;    // (N, H, W, C)
  const T* weight;      // (9, C, O), from conv_transpose_weight
  const float* bias;    // (O)
  RowsOf<T> y;          // (N, 2 H, 2 W, O)
};

/// Pixels of a row of x that a thread copies, twice, for panels of that many pixels; at most `widest_panel`.
constexpr std::int64_t widest_panel = 12;
constexpr std::int64_t conv_transpose_pixels(std::int64_t width, std::int64_t panel) {
  return (width + panel - 1) / panel * panel + 1;
}

/// Reorders (C, 3, 3, O) to (9, C, O); in bf16 to (9, C / 2, O, 2).
void conv_transpose_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, float* packed);
void conv_transpose_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, bf16_t* packed);

template <class T>
void conv_transpose_forward(const ConvTransposeArgs<T>& args);

}  // namespace premix::on_cpu
