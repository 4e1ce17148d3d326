#pragma once

#include <cstdint>
#include <vector>

#include "premix/kernels/convert.hpp"

// Weights in the order of a warp's tensor cores (cuda/inference/feature_tile.cuh). One product step takes 16 channels
// of one tap for 8 output columns. This is a fragment: 4 numbers for each of 32 lanes. One block computes a group of
// columns. The fragments of a group follow the loops of the kernel: tap columns, chunks of 16 channels, tap rows, tiles
// of 8 columns.

namespace premix::kernels {

/// Maximum number of feature channels, limited by shared memory.
inline constexpr std::int64_t max_features = 128;

/// Returns the tiles of 8 columns per group of a convolution from features to features.
constexpr int feature_tiles(std::int64_t features) { return features % 32 == 0 ? 4 : 2; }

/// Returns the channel of a column in a group. A lane owns columns 2 q and 2 q + 1 of each tile, q = lane % 4. With
/// this numbering the channels of a lane are contiguous in memory.
constexpr std::int64_t feature_of_column(int tiles, std::int64_t group, int column) {
  return (group * 4 + column % 8 / 2) * 2 * tiles + column / 8 * 2 + column % 2;
}

/// Column layout of the 9 B filter values. Bands are padded to a power of two, so that a lane has the same bands in all
/// tiles. Column: tap * padded + band.
struct FilterColumns {
  int bands, padded, tiles, groups;

  explicit constexpr FilterColumns(std::int64_t count)
      : bands(static_cast<int>(count)),
        padded(bands <= 2 ? bands : (bands <= 4 ? 4 : 8)),
        tiles(padded == 8 ? 3 : (9 * padded + 7) / 8),
        groups(padded == 8 ? 3 : 1) {}

  /// Returns tap * B + band, or -1 for padding.
  constexpr std::int64_t channel(int group, int column) const {
    const int place = group * 8 * tiles + column, tap = place / padded, band = place % padded;
    return tap < 9 && band < bands ? tap * bands + band : -1;
  }
};

/// Appends the fragments of one group for taps (rows, columns). weight(row, column, channel, output column) -> float.
template <class Weight>
void pack_taps(std::vector<bf16_t>& to, int rows, int columns, std::int64_t channels, int tiles, const Weight& weight) {
  for (int dx = 0; dx < columns; ++dx)
    for (std::int64_t chunk = 0; chunk < channels; chunk += 16)
      for (int dy = 0; dy < rows; ++dy)
        for (int tile = 0; tile < tiles; ++tile)
          for (int lane = 0; lane < 32; ++lane)
            for (int i = 0; i < 4; ++i) {  // cuda/inference/mma.cuh: FragmentB
              const std::int64_t channel = chunk + lane % 4 * 2 + i % 2 + i / 2 * 8;
              to.push_back(narrowed<bf16_t>(weight(dy, dx, channel, tile * 8 + lane / 4)));
            }
}

/// Packs a convolution from features to features. weight (O, 3, 3, C).
inline std::vector<bf16_t> pack_conv(const float* weight, std::int64_t features, std::int64_t channels) {
  const int tiles = feature_tiles(features);
  std::vector<bf16_t> result;
  for (std::int64_t group = 0; group * 8 * tiles < features; ++group)
    pack_taps(result, 3, 3, channels, tiles, [&](int dy, int dx, std::int64_t c, int column) {
      return weight[((feature_of_column(tiles, group, column) * 3 + dy) * 3 + dx) * channels + c];
    });
  return result;
}

/// Packs a transposed convolution. Each group has four parts, one per parity of the result pixel. Even rows and columns
/// have one tap. Odd ones have taps 2 and 0, for this row or column of x and the next. weight (C, 3, 3, C).
inline std::vector<bf16_t> pack_doubling(const float* weight, std::int64_t features) {
  const int tiles = feature_tiles(features);
  const auto tap = [](int odd, int i) { return odd == 0 ? 1 : 2 - 2 * i; };
  std::vector<bf16_t> result;
  for (std::int64_t group = 0; group * 8 * tiles < features; ++group)
    for (int odd_row = 0; odd_row < 2; ++odd_row)
      for (int odd_column = 0; odd_column < 2; ++odd_column)
        pack_taps(result, 1 + odd_row, 1 + odd_column, features, tiles,
                  [&](int dy, int dx, std::int64_t c, int column) {
                    return weight[((c * 3 + tap(odd_row, dy)) * 3 + tap(odd_column, dx)) * features +
                                  feature_of_column(tiles, group, column)];
                  });
  return result;
}

/// Packs a convolution that predicts 3 x 3 filters. weight (9 B, 3, 3, C), outputs tap-major.
inline std::vector<bf16_t> pack_filter(const float* weight, std::int64_t bands, std::int64_t channels) {
  const FilterColumns columns(bands);
  std::vector<bf16_t> result;
  for (int group = 0; group < columns.groups; ++group)
    pack_taps(result, 3, 3, channels, columns.tiles, [&](int dy, int dx, std::int64_t c, int column) {
      const std::int64_t channel = columns.channel(group, column);
      return channel < 0 ? 0.0f : weight[((channel * 3 + dy) * 3 + dx) * channels + c];
    });
  return result;
}

/// Packs its bias (9 B), one number per column.
inline std::vector<float> pack_filter_bias(const float* bias, std::int64_t bands) {
  const FilterColumns columns(bands);
  std::vector<float> result;
  for (int group = 0; group < columns.groups; ++group)
    for (int column = 0; column < 8 * columns.tiles; ++column) {
      const std::int64_t channel = columns.channel(group, column);
      result.push_back(channel < 0 ? 0.0f : bias[channel]);
    }
  return result;
}

}  // namespace premix::kernels
