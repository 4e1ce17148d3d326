#pragma once

#include <filesystem>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// Writes an image (1, H, W, 1 or 3) with values in 0 .. 1 as an 8-bit PNG, atomically. Values are clipped and rounded;
/// NaN is black.
void write_png(const std::filesystem::path& path, const Tensor<float>& picture);

/// Reads a PNG as (1, H, W, 1 or 3) with values in 0 .. 1. Drops transparency. Throws a data Error.
Tensor<float> read_png(const std::filesystem::path& path);

/// Values of each band that map to 0 and 1.
struct Stretch {
  std::vector<float> low, high;  // (B)
};

/// Quantiles low_share and high_share of each band of an image (N, H, W, B), without NaN.
Stretch percentile_stretch(const Tensor<float>& image, double low_share = 0.02, double high_share = 0.98);

/// Maps each band to 0 .. 1 and clips it. Use the same Stretch for several images to keep them comparable.
Tensor<float> stretched(const Tensor<float>& image, const Stretch& stretch);

/// Selects bands of an image (N, H, W, B) in the given order, counted from 0. Bands may repeat: three times the same
/// band is grey.
Tensor<float> choose_bands(const Tensor<float>& image, const std::vector<int>& bands);

/// Joins images (1, H, W, C) of one height side by side, or of one width below each other, with a white gap of the
/// given pixels.
Tensor<float> side_by_side(const std::vector<Tensor<float>>& pictures, int gap_pixels = 4);
Tensor<float> stacked(const std::vector<Tensor<float>>& pictures, int gap_pixels = 4);

}  // namespace premix
