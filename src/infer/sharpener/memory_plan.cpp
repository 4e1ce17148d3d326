#include "infer/sharpener/memory_plan.hpp"

#include <algorithm>

#include "infer/network/network_rows.hpp"
#include "infer/sharpener/strip_fuser.hpp"
#include "premix/core/error.hpp"

namespace premix::infer {
namespace {

constexpr double megabyte = 1e6;
constexpr double process = 60 * megabyte;  // the program, its libraries, and what threads work in

double parameter_bytes(const PreMix<float>& model) {
  double bytes = 0;
  for (const auto& parameter : parameters(model)) bytes += static_cast<double>(parameter.value().bytes());
  return bytes;
}

std::int64_t columns_in(const StripNeeds& needs, const SceneGeometry& scene) {
  return std::min(network_side(scene.pan_width), needs.strip_width + 2 * (needs.margin + needs.columns_around));
}

// Pieces and what they see around them: the rows that are kept, the image before and after a round, and its correction;
// and the kept MS.
double projection_bytes(const StripNeeds& needs, const SceneGeometry& scene, double chunk_pixels) {
  if (!needs.projected) return 0;
  const double pixels =
      static_cast<double>((256 + 2 * needs.rows_around) * (needs.strip_width + 2 * needs.columns_around));
  const double bands = static_cast<double>(scene.bands);
  const double ms_pixels = 1.3 * chunk_pixels / (scene.map.row_ratio() * scene.map.column_ratio());
  return pixels * (4 * 4 * bands + 1) + ms_pixels * (4 * bands + 1);
}

// Chunks as they are read and kept, what is seen of them, and pieces.
double image_bytes(const StripNeeds& needs, const SceneGeometry& scene, double cell) {
  const double channels = static_cast<double>(scene.bands) + 1;
  const double around = std::max(2.0, static_cast<double>(needs.reach) / cell + 1);
  const double read_width =
      std::min(static_cast<double>(scene.pan_width), static_cast<double>(columns_in(needs, scene)) + 5 * cell);
  const double read_rows = static_cast<double>(2 * needs.rows_around) + (2 * around + 4) * cell;
  const double seen_rows =
      (needs.block_height > 0 ? static_cast<double>(needs.block_height + 2 * needs.margin) : 0) + 2.5 * cell;
  return read_width * read_rows * (4 * channels + 1) +
         static_cast<double>(columns_in(needs, scene)) * seen_rows * 4 * 4 * channels +
         (needs.rows_around > 0 ? 6 : 5) * 256 * static_cast<double>(needs.strip_width) * (4 * channels) +
         projection_bytes(needs, scene, read_width * read_rows);
}

}  // namespace

// The rows that maps keep and gain were counted in runs: for L blocks in a sub-model 300 L + 300 rows of the full size
// and as many features as there are, and 39 L + 31 more for each row at once. A test compares this with what a run
// takes.
StripNeeds needs_of_rows(const PreMix<float>& model, Precision precision) {
  const double layers = std::max(1, model.config.num_layers);
  const double row = model.config.embed_dim * (precision == Precision::bfloat16 ? 2.0 : 4.0);
  const double waiting =
      500 * layers * (12 * model.config.bands + 12);  // images wait for the sub-models that run later
  const std::int64_t warm_up = network_warm_up(model);
  return {.reach = network_reach(model),
          .reach_of_bits = warm_up,
          .look_back = warm_up + 16,
          .margin = (network_reach(model) + 15) / 16 * 16,
          .least_at_once = 16,
          .most_at_once = 64,
          .bytes_a_column = row * (300 * layers + 300) + waiting,
          .bytes_a_column_and_row = row * (39 * layers + 31),
          .bytes = static_cast<std::int64_t>(5 * parameter_bytes(model))};
}

StripNeeds needs_of_blocks(const PreMix<float>& model) {
  const PreMixConfig& config = model.config;
  const std::int64_t reach = network_reach(model), margin = block_margin(reach);
  StripNeeds needs{.reach = reach, .reach_of_bits = network_warm_up(model), .block_height = 256, .margin = margin};
  if (device_of(model) != cpu()) {
    needs.strip_width = 2048, needs.block_height = 1024;
  } else {  // the module: maps of features, and of filters
    const double filters = 3.0 * config.bands * config.pf_kernel * config.pf_kernel;
    needs.bytes_a_column = static_cast<double>(needs.block_height + 2 * margin) * 4 * (20 * config.embed_dim + filters);
  }
  needs.look_back = needs.block_height + margin;
  return needs;
}

StripNeeds needs_of_classical(std::int64_t reach) {
  StripNeeds needs{.reach = reach,
                   .reach_of_bits = reach,
                   .block_height = 256,
                   .look_back = block_margin(reach) + 256,
                   .margin = block_margin(reach)};
  needs.bytes_a_column = static_cast<double>(needs.block_height + 2 * needs.margin) * 4 * 40;
  return needs;
}

std::int64_t memory_needed(const StripNeeds& needs, const SceneGeometry& scene, std::int64_t cell,
                           std::int64_t at_once) {
  const double columns = static_cast<double>(columns_in(needs, scene));
  const double maps = columns * (needs.bytes_a_column + static_cast<double>(at_once) * needs.bytes_a_column_and_row);
  return static_cast<std::int64_t>(process + maps + image_bytes(needs, scene, static_cast<double>(cell))) + needs.bytes;
}

std::int64_t rows_in_memory(const StripNeeds& needs, const SceneGeometry& scene, std::int64_t cell,
                            std::int64_t max_memory) {
  const std::int64_t least = memory_needed(needs, scene, cell, needs.least_at_once);
  if (least > max_memory)
    fail(ErrorKind::usage, Option("max_memory"), " of ", max_memory / 1000000,
         " MB is too small: this scene and method need at least ", least / 1000000 + 1, " MB. Set that much.");
  std::int64_t rows = needs.least_at_once;
  while (rows + needs.least_at_once <= needs.most_at_once &&
         memory_needed(needs, scene, cell, rows + needs.least_at_once) <= max_memory)
    rows += needs.least_at_once;
  return rows;
}

}  // namespace premix::infer
