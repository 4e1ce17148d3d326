#pragma once

#include "infer/sharpener/piece_projection.hpp"
#include "infer/sharpener/strip_fuser.hpp"
#include "premix/core/precision.hpp"
#include "premix/infer/sharpener/memory_plan.hpp"

namespace premix::infer {

constexpr std::int64_t rows_in_piece = 256;

/// Sizes for the fusion of a strip.
struct StripSizes {
  std::int64_t reach = 0;                            // receptive field, pixels
  std::int64_t reach_of_bits = 0;                    // overlap for bit-identical results, pixels
  std::int64_t strip_width = 512;                    // columns; strips begin at multiples
  std::int64_t block_height = 0;                     // rows, for fusion by blocks
  std::int64_t look_back = 0;                        // rows used above the wanted ones
  std::int64_t least_at_once = 1, most_at_once = 1;  // rows; multiples of least_at_once
};

StripSizes sizes_of_rows(const PreMix<float>& model);
StripSizes sizes_of_blocks(const PreMix<float>& model);
StripSizes sizes_of_classical(std::int64_t reach);

/// Parameters that determine the memory of a run.
struct PlannedRun {
  const StripMethod& method;
  const StripSizes& sizes;
  ViewOptions views;
  const SceneGeometry& scene;
  const ProjectionPlan& projection;
  std::int64_t weights;  // bytes

  Span columns_fused(std::int64_t left) const;
  Span columns_seen(Span fused) const;
  Window largest_piece() const;  // height and width only
};

/// Memory of a run with `at_once` rows at once: that of its largest strip.
MemoryPlan memory_plan(const PlannedRun& run, std::int64_t at_once);

/// Throws a usage Error if the limit is less than `least` bytes.
void check_max_memory(std::int64_t max_memory, std::int64_t least);

/// Rows to compute at once within a memory limit. Throws a usage Error if the limit is too small for the minimum.
std::int64_t rows_in_memory(const PlannedRun& run, std::int64_t max_memory);

}  // namespace premix::infer
