#pragma once

#include <cstdint>

// Convolutions 3 x 3 with stride 1 and zero padding 1 by Winograd's algorithm F(4 x 4, 3 x 3): a tile of 4 x 4 results takes 36 products of
// each pair of channels instead of 144. Lavin and Gray, Fast algorithms for convolutional neural networks, 2016; the points are those of
// winograd_transforms.hpp, with which the error is that of the direct sum.

namespace premix::on_cpu {

struct WinogradSizes {
  std::int64_t images, height, width, channels, out_channels;
};

/// y = relu(conv(x) + bias + add[0] + add[1]), all rows of it or some.
struct WinogradArgs {
  WinogradSizes sizes;
  std::int64_t row_begin = 0, row_end = -1;  // rows of y that are made, the first a multiple of 4; -1: all
  std::int64_t x_row = 0, y_row = 0;         // the rows at which x and x_where, y and add begin; not 0 for one image alone
  const float *x, *x_add = nullptr;          // (N, H, W, C); x_add is added to x
  const float* x_where = nullptr;            // (N, H, W, C): x counts only where this is positive
  const float* weight;                       // (36, C, padded O), from winograd_weight
  const float* bias = nullptr;               // (O)
  const float* add[2] = {};                  // (N, H, W, O) each
  bool relu = false;
  float* y;  // (N, H, W, O)
};

/// d_weight of y = conv(x), from d_y (N, H, W, O); d_y counts only where d_y_where is positive.
struct WinogradWeightGradientArgs {
  WinogradSizes sizes;
  const float *x, *d_y;
  const float* d_y_where = nullptr;
  float* d_weight;  // (O, 3, 3, C)
};

/// Whether this processor has the registers for it.
bool winograd_available();

/// Floats of a transformed weight from `channels` to `out_channels`.
std::int64_t winograd_weight_size(std::int64_t channels, std::int64_t out_channels);

/// Transforms weight (O, 3, 3, C).
void winograd_weight(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed);

/// The same for the adjoint, the convolution from O to C channels that takes d_y to d_x.
void winograd_weight_of_adjoint(const float* weight, std::int64_t channels, std::int64_t out_channels, float* transformed);

void winograd_forward(const WinogradArgs& args);
void winograd_weight_gradient(const WinogradWeightGradientArgs& args);

}  // namespace premix::on_cpu
