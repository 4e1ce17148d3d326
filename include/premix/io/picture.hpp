#pragma once

#include <filesystem>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// Writes a picture (1, H, W, 1 or 3) of values in 0 .. 1 as an 8-bit PNG, atomically. Values are clipped and rounded;
/// NaN is black.
void write_png(const std::filesystem::path& path, const Tensor<float>& picture);

/// Reads a PNG as (1, H, W, 1 or 3) of values in 0 .. 1; transparency is dropped. Throws a data Error.
Tensor<float> read_png(const std::filesystem::path& path);

/// The values of each band that become 0 and 1.
struct Stretch {
  std::vector<float> low, high;  // (B)
};

/// The low_share and high_share quantiles of each band of an image (N, H, W, B), NaN left out.
Stretch percentile_stretch(const Tensor<float>& image, double low_share = 0.02, double high_share = 0.98);

/// The image with each band brought to 0 .. 1 and clipped there. One Stretch for several images keeps them comparable.
Tensor<float> stretched(const Tensor<float>& image, const Stretch& stretch);

/// The bands of an image (N, H, W, B) in the order given, from 0. Repeating one is allowed: three times the same band
/// is grey.
Tensor<float> choose_bands(const Tensor<float>& image, const std::vector<int>& bands);

/// Pictures (1, H, W, C) of one height beside each other, or of one width below each other, with a white gap between.
/// pixels: of the gap.
Tensor<float> side_by_side(const std::vector<Tensor<float>>& pictures, int gap_pixels = 4);
Tensor<float> stacked(const std::vector<Tensor<float>>& pictures, int gap_pixels = 4);

}  // namespace premix
