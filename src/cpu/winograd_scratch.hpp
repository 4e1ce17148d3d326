#pragma once

#include "cpu/winograd.hpp"
#include "cpu/winograd_transforms.hpp"

namespace premix::on_cpu {

constexpr std::int64_t winograd_block_tiles = 24;

/// Sizes of the memory that one thread works in, in numbers.
struct WinogradScratch {
  std::int64_t in_step, out_step;  // from the matrix of a point to that of the next
  std::int64_t in;                 // (36, tiles, C padded)
  std::int64_t out;                // (36, tiles, O padded), floats
  std::int64_t patch;              // (6, 6, C padded or O padded), floats
  std::int64_t filters;            // (2, tiles, 4, 4, O padded), floats, of winograd_filter() alone

  constexpr WinogradScratch(std::int64_t channels, std::int64_t out_channels)
      : in_step(winograd_block_tiles * winograd_padded(channels) + skew),
        out_step(winograd_block_tiles * winograd_padded(out_channels) + skew),
        in(winograd_points * in_step),
        out(winograd_points * out_step),
        patch(winograd_points * (in_step > out_step ? in_step : out_step) / winograd_block_tiles),
        filters(2 * winograd_block_tiles * winograd_out * winograd_out * winograd_padded(out_channels)) {}

 private:
  // Between the matrices of two points lies a cache line, so that the 36 streams do not meet in the same sets of the
  // cache.
  static constexpr std::int64_t skew = 16;
};

}  // namespace premix::on_cpu
