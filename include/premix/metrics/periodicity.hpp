#pragma once

#include <cstdint>
#include <optional>

#include "premix/core/tensor.hpp"

namespace premix {

/// Strength of patterns with a period of 2 and of 4 pixels in flat areas: 1 without a pattern, less in a smooth image.
/// Transposed convolutions and enlargement by repetition draw such patterns; they show on water and clouds.
///
/// The image is cut into blocks of 64 x 64 pixels from its first pixel; partial blocks are left out. So are blocks with
/// a pixel that is NaN or infinite, and blocks that are constant in all bands. Of the others, the quarter with the
/// smallest second differences in a reference image is flat, at most 1024 blocks. Per flat block, band and axis, the
/// power spectra of the 64 lines are averaged (mean and slope removed, Hann window). Noise of 1/256 of the block's
/// root mean square is added. Powers are summed over the flat blocks. The value is the power at the frequency of the
/// pattern divided by the mean power of its neighbourhood, largest over bands and axes:
///
/// | period | bin of 64 | neighbourhood |
/// |---|---|---|
/// | 2 | 32 | 29, 30 |
/// | 4 | 16 | 13, 14, 18, 19 |
struct Periodicity {
  double period_2 = 0, period_4 = 0;

  /// Largest acceptable value. Products of classical methods stay below it.
  static constexpr double bound = 2;
};

/// Side of the blocks, pixels.
constexpr std::int64_t periodicity_block = 64;

/// Periodicity of image (N, H, W, B), over the blocks of all images. reference (N, H, W, C) selects the flat blocks:
/// the PAN, or the image itself. Empty without a block to measure.
template <Real T>
std::optional<Periodicity> periodicity(const Tensor<T>& image, const Tensor<T>& reference);
template <Real T>
std::optional<Periodicity> periodicity(const Tensor<T>& image);

}  // namespace premix
