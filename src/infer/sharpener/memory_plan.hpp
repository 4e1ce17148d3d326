#pragma once

#include "infer/sharpener/piece_projection.hpp"
#include "infer/sharpener/strip_fuser.hpp"
#include "premix/core/precision.hpp"
#include "premix/infer/sharpener/memory_plan.hpp"

namespace premix::infer {

constexpr std::int64_t rows_in_piece = 256;

/// How a strip of a scene is fused.
struct StripSizes {
  std::int64_t reach = 0;                            // pixels that a fused one sees
  std::int64_t reach_of_bits = 0;                    // and that its last bits depend on
  std::int64_t strip_width = 512;                    // columns, from a multiple of it on
  std::int64_t block_height = 0;                     // of those that fuse by blocks
  std::int64_t look_back = 0;                        // rows that are looked at above those wanted
  std::int64_t least_at_once = 1, most_at_once = 1;  // rows; multiples of least_at_once
};

StripSizes sizes_of_rows(const PreMix<float>& model);
StripSizes sizes_of_blocks(const PreMix<float>& model);
StripSizes sizes_of_classical(std::int64_t reach);

/// What the memory of a run depends on.
struct PlannedRun {
  const FusionMethod& method;
  const StripSizes& sizes;
  ViewOptions views;
  const SceneGeometry& scene;
  const ProjectionPlan& projection;
  std::int64_t weights;  // bytes

  Span columns_fused(std::int64_t left) const;
  Span columns_seen(Span fused) const;
  Window largest_piece() const;  // its height and width
};

/// The memory of a run that computes so many rows at once: that of the strip that takes most.
MemoryPlan memory_plan(const PlannedRun& run, std::int64_t at_once);

/// The rows to compute at once within a limit. Throws a usage Error where there is no room for the fewest.
std::int64_t rows_in_memory(const PlannedRun& run, std::int64_t max_memory);

}  // namespace premix::infer
