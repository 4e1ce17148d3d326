#include "premix/infer/sharpener/memory_plan.hpp"

#include <algorithm>
#include <ostream>
#include <vector>

#include "infer/sharpener/memory_plan.hpp"
#include "infer/sharpener/piece_writer.hpp"
#include "premix/core/error.hpp"

namespace premix {
namespace infer {
namespace {

// Resident memory of premix-pansharpen, measured by /usr/bin/time -v (GDAL 3.6, x86-64): 60.6 MB while it fuses 64 x 64
// pixels with exp, less than 1 MB of which is pool and block cache.
constexpr std::int64_t process_bytes = 62000000;

// Left columns of strips with distinct halos. Strips inside a scene are all alike.
std::vector<std::int64_t> different_strips(const PlannedRun& run) {
  const Span part = run.scene.part.columns();
  std::vector<std::int64_t> lefts;
  std::vector<std::array<std::int64_t, 3>> known;
  for (std::int64_t left = part.begin / run.sizes.strip_width * run.sizes.strip_width; left < part.end;
       left += run.sizes.strip_width) {
    const Span fused = run.columns_fused(left), seen = run.columns_seen(fused);
    const std::array<std::int64_t, 3> sizes = {fused.size(), fused.begin - seen.begin, seen.end - fused.end};
    if (std::find(known.begin(), known.end(), sizes) != known.end()) continue;
    known.push_back(sizes);
    lefts.push_back(left);
  }
  return lefts;
}

PoolBlocks fuser_blocks(const PlannedRun& run, Span fused, Span seen, std::int64_t at_once) {
  const std::int64_t height = network_side(run.scene.pan_height);
  if (const auto* blocks = std::get_if<ImageFusion>(&run.method))
    return BlocksFuser::blocks(*blocks, Window::of({0, height}, seen), run.scene.bands, run.sizes.block_height);
  const Strip strip = {height, seen, fused, at_once};
  if (const auto* network = std::get_if<PackedNetwork<float>>(&run.method))
    return RowsFuser<float>::blocks(*network, strip);
  return RowsFuser<bf16_t>::blocks(std::get<PackedNetwork<bf16_t>>(run.method), strip);
}

PoolBlocks projection_blocks(const PlannedRun& run, std::int64_t left) {
  const Window& part = run.scene.part;
  PoolBlocks blocks;
  for (std::int64_t top = part.top / rows_in_piece * rows_in_piece; top < part.top + part.height; top += rows_in_piece)
    blocks =
        blocks | PieceProjection::work_blocks(run.projection, run.scene.bands,
                                              part.intersection({top, left, rows_in_piece, run.sizes.strip_width}));
  return blocks;
}

MemoryPlan plan_of_strip(const PlannedRun& run, std::int64_t left, std::int64_t at_once) {
  const Span fused = run.columns_fused(left), seen = run.columns_seen(fused);
  const Window largest = run.largest_piece();
  const std::int64_t block_rows = run.sizes.block_height + 2 * block_margin(run.sizes.reach);
  const ViewUse use = {.valid_rows = largest.height + 2 * run.projection.most_rows_around(),
                       .rows = run.sizes.block_height > 0 ? block_rows : at_once,
                       .ahead = run.sizes.look_back};
  const ViewBlocks views = SceneViews::blocks(run.scene, seen, run.views, use);
  const std::int64_t bands = run.scene.bands;
  return {.process = process_bytes,
          .weights = run.weights,
          .reading = views.reading.bytes(),
          .chunks = views.chunks.bytes(),
          .views = views.views.bytes(),
          .fusing = fuser_blocks(run, fused, seen, at_once).bytes(),
          .pieces = (PieceWriter::blocks(bands, largest.pixels()) +
                     PieceProjection::blocks(run.projection, fused, bands, largest))
                        .bytes(),
          .work = (views.work | projection_blocks(run, left)).bytes()};
}

}  // namespace

Span PlannedRun::columns_fused(std::int64_t left) const {
  return projection.columns_fused({left, std::min(scene.pan_width, left + sizes.strip_width)});
}

Span PlannedRun::columns_seen(Span fused) const {
  const std::int64_t width = network_side(scene.pan_width);
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method))
    return infer::columns_seen(*network, fused, width);
  if (const auto* network = std::get_if<PackedNetwork<bf16_t>>(&method))
    return infer::columns_seen(*network, fused, width);
  const std::int64_t margin = block_margin(sizes.reach);
  return {std::max<std::int64_t>(0, fused.begin - margin), std::min(width, network_side(fused.end) + margin)};
}

Window PlannedRun::largest_piece() const {
  return {.height = std::min(rows_in_piece, scene.part.height), .width = std::min(sizes.strip_width, scene.part.width)};
}

StripSizes sizes_of_rows(const PreMix<float>& model) {
  const std::int64_t warm_up = network_warm_up(model);
  return {.reach = network_reach(model),
          .reach_of_bits = warm_up,
          .look_back = warm_up + 16,
          .least_at_once = 16,
          .most_at_once = 64};
}

StripSizes sizes_of_blocks(const PreMix<float>& model) {
  StripSizes sizes = {.reach = network_reach(model), .reach_of_bits = network_warm_up(model), .block_height = 256};
  if (device_of(model) != cpu()) {
    sizes.strip_width = 2048;
    sizes.block_height = 1024;
  }
  sizes.look_back = sizes.block_height + block_margin(sizes.reach);
  return sizes;
}

StripSizes sizes_of_classical(std::int64_t reach) {
  return {.reach = reach, .reach_of_bits = reach, .block_height = 256, .look_back = block_margin(reach) + 256};
}

MemoryPlan memory_plan(const PlannedRun& run, std::int64_t at_once) {
  MemoryPlan most;
  for (const std::int64_t left : different_strips(run)) {
    const MemoryPlan plan = plan_of_strip(run, left, at_once);
    if (plan.total() > most.total()) most = plan;
  }
  return most;
}

void check_max_memory(std::int64_t max_memory, std::int64_t least) {
  if (least > max_memory)
    fail(ErrorKind::usage, Option("max_memory"), " of ", max_memory / 1000000,
         " MB is too small: this scene and method need at least ", least / 1000000 + 1, " MB. Set that much.");
}

std::int64_t rows_in_memory(const PlannedRun& run, std::int64_t max_memory) {
  const StripSizes& sizes = run.sizes;
  check_max_memory(max_memory, memory_plan(run, sizes.least_at_once).total());
  std::int64_t rows = sizes.most_at_once;
  while (rows > sizes.least_at_once && memory_plan(run, rows).total() > max_memory) rows -= sizes.least_at_once;
  return rows;
}

}  // namespace infer

std::ostream& operator<<(std::ostream& out, const MemoryPlan& plan) {
  const auto part = [&](const char* name, std::int64_t bytes) {
    out << name << ' ' << static_cast<double>(bytes / 100000) / 10 << " MB";
  };
  part("process", plan.process);
  part(", weights", plan.weights);
  part(", reading", plan.reading);
  part(", chunks", plan.chunks);
  part(", views", plan.views);
  part(", fusing", plan.fusing);
  part(", pieces", plan.pieces);
  part(", work", plan.work);
  part("; total", plan.total());
  return out;
}

}  // namespace premix
