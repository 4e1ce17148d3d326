#include "premix/infer/sharpener/scene_sharpener.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "infer/network/network_memory.hpp"
#include "infer/sharpener/memory_plan.hpp"
#include "infer/sharpener/piece_projection.hpp"
#include "infer/sharpener/strip_fuser.hpp"
#include "premix/core/error.hpp"
#include "premix/core/memory.hpp"
#include "premix/infer/network/premix_inference.hpp"

namespace premix {

using core::PoolBlocks;
using infer::BlocksFuser;
using infer::ImageFusion;
using infer::PackedNetwork;
using infer::Piece;
using infer::PieceProjection;
using infer::ProjectionPlan;
using infer::rows_in_piece;
using infer::RowsFuser;
using infer::SceneViews;
using infer::StripFuser;
using infer::StripMethod;

namespace {

// Memory that the module allocates for a block. On the CPU about 20 feature maps are alive at once, and the filters of
// three images (measured).
PoolBlocks module_blocks(const PreMixConfig& config, Device device, const Window& block) {
  constexpr std::int64_t number = sizeof(float), maps = 20, filtered = 3;
  PoolBlocks blocks(block.pixels() * config.bands * number);
  if (device != cpu()) return blocks;
  blocks.add(block.pixels() * config.embed_dim * number, maps);
  return blocks.add(block.pixels() * config.bands * config.pf_kernel * config.pf_kernel * number, filtered);
}

StripMethod method_of(const PreMix<float>& model, Precision precision) {
  const bool rows = infer::runs_by_rows(model);
  if (rows && precision == Precision::float32) return PackedNetwork<float>(model);
  const auto network = std::make_shared<PreMixInference>(model, precision);  // throws for unsupported precisions
  if (rows) return PackedNetwork<bf16_t>(model);
  const Device device = infer::device_of(model);
  const auto fuse = [network, device](const BranchImages<float>& x, const Window&) {
    return (*network)(x.map([&](const Tensor<float>& image) { return image.to(device); })).to(cpu());
  };
  return ImageFusion{.reach = infer::network_reach(model),
                     .fuse = fuse,
                     .blocks = [config = model.config, device](const Window& block, std::int64_t) {
                       return module_blocks(config, device, block);
                     }};
}

ImageFusion method_of(const BlockFusion& method) {
  const auto fuse = [fuse = method.fuse](const BranchImages<float>& x, const Window& block) {
    return fuse(x.plain.ms, x.plain.pan, block);
  };
  const auto blocks = [bytes = method.bytes](const Window& block, std::int64_t bands) {
    return PoolBlocks(bytes ? bytes(block) : block.pixels() * bands * static_cast<std::int64_t>(sizeof(float)));
  };
  return {.reach = method.reach, .fuse = fuse, .blocks = blocks};
}

// Original and packed weights.
PoolBlocks weight_blocks(const PreMix<float>& model, const StripMethod& method) {
  PoolBlocks given;
  for (const auto& parameter : parameters(model)) given.add(static_cast<std::int64_t>(parameter.value().bytes()));
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method)) return given + infer::weight_blocks(*network);
  if (const auto* network = std::get_if<PackedNetwork<bf16_t>>(&method)) return given + infer::weight_blocks(*network);
  return infer::device_of(model) == cpu() ? given + given : PoolBlocks();
}

// Progress of a run: counts finished pieces.
class Run {
 public:
  Run(const SceneSource& source, const SceneSink& sink, const std::function<bool(const SceneProgress&)>& progress)
      : source_(source), pieces_done_(sink.pieces_done), progress_(progress), writer_(sink) {
    done_.all_pixels = source.geometry.part.pixels();
  }

  const SceneSource& source() const { return source_; }

  /// Whether an earlier run wrote the next piece, a window of the part.
  bool passed_over(const Window& window) {
    if (pieces_++ >= pieces_done_) return false;
    done_.pixels += window.pixels();
    return true;
  }

  /// Writes a piece. Returns whether to continue.
  bool write(Piece piece) {
    done_.pixels += piece.window.pixels();
    done_.fused_pixels += piece.window.pixels();
    writer_.write(std::move(piece));
    done_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    return !progress_ || progress_(done_);
  }

  void finish() { writer_.finish(); }

 private:
  const SceneSource& source_;
  std::int64_t pieces_done_;
  const std::function<bool(const SceneProgress&)>& progress_;
  infer::PieceWriter writer_;
  SceneProgress done_;
  std::int64_t pieces_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

struct SceneSharpener::State {
  StripMethod method;
  SharpenOptions options;
  infer::StripSizes sizes;
  bool branches;
  std::int64_t weights;  // bytes

  bool fuse_strip(Run& run, const infer::PlannedRun& plan, std::int64_t left, std::int64_t at_once) const;
  std::unique_ptr<StripFuser> fuser_for(SceneViews& views, Span wanted, std::int64_t at_once) const;
  infer::ViewOptions view_options() const;
  infer::PlannedRun planned(const SceneGeometry& scene, const ProjectionPlan& projection) const;
  void check() const;
};

infer::ViewOptions SceneSharpener::State::view_options() const {
  return {.cell = options.clahe_cell,
          .reach = sizes.reach,
          .look_back = sizes.look_back,
          .resampling = options.resampling,
          .branches = branches,
          .keep_ms = options.back_projections > 0};
}

std::unique_ptr<StripFuser> SceneSharpener::State::fuser_for(SceneViews& views, Span wanted,
                                                             std::int64_t at_once) const {
  if (const auto* blocks = std::get_if<ImageFusion>(&method))
    return std::make_unique<BlocksFuser>(views, *blocks, wanted, sizes.block_height);
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method))
    return std::make_unique<RowsFuser<float>>(views, *network, wanted, at_once);
  return std::make_unique<RowsFuser<bf16_t>>(views, std::get<PackedNetwork<bf16_t>>(method), wanted, at_once);
}

SceneSharpener::SceneSharpener(const PreMix<float>& model, const SharpenOptions& options)
    : state_(new State{method_of(model, options.precision), options, {}, true, 0}) {
  const bool blocks = std::holds_alternative<ImageFusion>(state_->method);
  state_->sizes = blocks ? infer::sizes_of_blocks(model) : infer::sizes_of_rows(model);
  state_->weights = weight_blocks(model, state_->method).bytes();
  state_->check();
  if (options.resampling != Resampling::cubic)
    fail(ErrorKind::usage, Option("resampling"), " applies to classical methods only: networks are trained on cubic");
}

SceneSharpener::SceneSharpener(const BlockFusion& method, const SharpenOptions& options)
    : state_(new State{method_of(method), options, infer::sizes_of_classical(method.reach), false, 0}) {
  state_->check();
}

SceneSharpener::SceneSharpener(SceneSharpener&&) noexcept = default;
SceneSharpener& SceneSharpener::operator=(SceneSharpener&&) noexcept = default;
SceneSharpener::~SceneSharpener() = default;

void SceneSharpener::State::check() const {
  PREMIX_CHECK(options.clahe_cell >= 16 && options.clahe_cell % 4 == 0, Option("clahe_cell", options.clahe_cell),
               ": must be a multiple of 4, at least 16");
  PREMIX_CHECK(options.back_projections >= 0, Option("back_projections", options.back_projections),
               ": must be 0 or more");
}

std::int64_t SceneSharpener::tile_alignment() const { return rows_in_piece; }
std::int64_t SceneSharpener::reach() const { return state_->sizes.reach; }
std::int64_t SceneSharpener::tile_overlap() const { return state_->sizes.reach_of_bits; }
std::int64_t SceneSharpener::piece_height() const { return rows_in_piece; }
std::int64_t SceneSharpener::piece_width() const { return state_->sizes.strip_width; }

std::int64_t SceneSharpener::least_memory(const SceneGeometry& scene) const {
  const ProjectionPlan projection(scene, state_->options.back_projections);
  return infer::memory_plan(state_->planned(scene, projection), state_->sizes.least_at_once).total();
}

MemoryPlan SceneSharpener::memory_plan(const SceneGeometry& scene) const {
  const ProjectionPlan projection(scene, state_->options.back_projections);
  const infer::PlannedRun run = state_->planned(scene, projection);
  return infer::memory_plan(run, infer::rows_in_memory(run, state_->options.max_memory));
}

infer::PlannedRun SceneSharpener::State::planned(const SceneGeometry& scene, const ProjectionPlan& projection) const {
  return {method, sizes, view_options(), scene, projection, weights};
}

// Fuses the pieces of a strip inside the part. A strip's columns are the same for every part.
bool SceneSharpener::State::fuse_strip(Run& run, const infer::PlannedRun& plan, std::int64_t left,
                                       std::int64_t at_once) const {
  const SceneGeometry& scene = plan.scene;
  const Span fused = plan.columns_fused(left);
  std::optional<SceneViews> views;
  std::unique_ptr<StripFuser> fuser;
  std::optional<PieceProjection> pieces;
  for (std::int64_t top = scene.part.top / rows_in_piece * rows_in_piece; top < scene.part.top + scene.part.height;
       top += rows_in_piece) {
    const Window window = scene.part.intersection({top, left, rows_in_piece, sizes.strip_width});
    if (run.passed_over(window)) continue;
    if (!pieces) {
      const std::int64_t first_row = std::max<std::int64_t>(0, plan.projection.seen(window).top - sizes.look_back);
      views.emplace(run.source(), plan.columns_seen(fused), first_row, plan.views);
      fuser = fuser_for(*views, fused, at_once);
      pieces.emplace(plan.projection, *views, *fuser, fused, scene.bands, plan.largest_piece());
    }
    if (!run.write(pieces->piece(window))) return false;
  }
  return true;
}

bool SceneSharpener::run(const SceneSource& source, const SceneSink& sink,
                         const std::function<bool(const SceneProgress&)>& progress) const {
  const SceneGeometry& scene = source.geometry;
  const ProjectionPlan projection(scene, state_->options.back_projections);
  const infer::PlannedRun plan = state_->planned(scene, projection);
  const std::int64_t at_once = infer::rows_in_memory(plan, state_->options.max_memory);
  const std::int64_t strip = state_->sizes.strip_width;
  Run run(source, sink, progress);
  bool going = true;
  for (std::int64_t left = scene.part.left / strip * strip; going && left < scene.part.left + scene.part.width;
       left += strip) {
    release_cached_memory(cpu());  // of maps of other widths
    going = state_->fuse_strip(run, plan, left, at_once);
  }
  run.finish();
  return going;
}

}  // namespace premix
