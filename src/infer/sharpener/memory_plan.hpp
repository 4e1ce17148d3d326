#pragma once

#include <cstdint>

#include "premix/core/precision.hpp"
#include "premix/infer/scene_geometry.hpp"
#include "premix/nn/premix.hpp"

namespace premix::infer {

/// What fusing a strip of a scene needs.
struct StripNeeds {
  std::int64_t reach = 0;                                 // pixels that a fused one sees
  std::int64_t reach_of_bits = 0;                         // and that its last bits depend on
  std::int64_t strip_width = 512;                         // columns, from a multiple of it on
  std::int64_t block_height = 0;                          // of those that fuse by blocks
  std::int64_t look_back = 0;                             // rows that are looked at above those wanted
  std::int64_t margin = 0;                                // columns that are looked at beside those wanted
  bool projected = false;                                 // pieces are back-projected, and see
  std::int64_t rows_around = 0;                           // so many fused rows above and below them
  std::int64_t columns_around = 0;                        // and columns beside them
  std::int64_t least_at_once = 1, most_at_once = 1;       // rows; multiples of least_at_once
  double bytes_a_column = 0, bytes_a_column_and_row = 0;  // of maps: of each column seen, and for each row at once
  std::int64_t bytes = 0;                                 // of weights and all else
};

StripNeeds needs_of_rows(const PreMix<float>& model, Precision precision);
StripNeeds needs_of_blocks(const PreMix<float>& model);
StripNeeds needs_of_classical(std::int64_t reach);

/// Bytes that a run takes when so many rows are computed at once.
std::int64_t memory_needed(const StripNeeds& needs, const SceneGeometry& scene, std::int64_t cell,
                           std::int64_t at_once);

/// The rows to compute at once within a limit. Throws a usage Error where there is no room for the fewest.
std::int64_t rows_in_memory(const StripNeeds& needs, const SceneGeometry& scene, std::int64_t cell,
                            std::int64_t max_memory);

}  // namespace premix::infer
