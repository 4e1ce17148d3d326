#include "premix/infer/sharpener/scene_sharpener.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "infer/sharpener/memory_plan.hpp"
#include "infer/sharpener/piece_projection.hpp"
#include "infer/sharpener/strip_fuser.hpp"
#include "premix/core/error.hpp"
#include "premix/core/memory.hpp"
#include "premix/infer/network/premix_inference.hpp"

namespace premix {

using infer::BlocksFuser;
using infer::ImageFusion;
using infer::PackedNetwork;
using infer::Piece;
using infer::PieceProjection;
using infer::ProjectionPlan;
using infer::RowsFuser;
using infer::SceneViews;
using infer::StripFuser;

namespace {

constexpr std::int64_t rows_in_piece = 256;

using Method = std::variant<PackedNetwork<float>, PackedNetwork<bf16_t>, ImageFusion>;

Method method_of(const PreMix<float>& model, Precision precision) {
  const bool rows = infer::runs_by_rows(model);
  if (rows && precision == Precision::float32) return PackedNetwork<float>(model);
  const auto network = std::make_shared<PreMixInference>(model, precision);  // refuses what can't be done
  if (rows) return PackedNetwork<bf16_t>(model);
  const Device device = infer::device_of(model);
  return ImageFusion{infer::network_reach(model), [network, device](const BranchImages<float>& x, const Window&) {
                       return (*network)(x.map([&](const Tensor<float>& image) { return image.to(device); })).to(cpu());
                     }};
}

// Counts the pieces of a scene as they are done.
class Run {
 public:
  Run(const Window& part, const SceneSink& sink, const std::function<bool(const SceneProgress&)>& progress)
      : pieces_done_(sink.pieces_done), progress_(progress), writer_(sink) {
    done_.all_pixels = part.height * part.width;
  }

  /// Whether the next piece, a window of the part, was done by an earlier run.
  bool passed_over(const Window& window) {
    if (pieces_++ >= pieces_done_) return false;
    done_.pixels += window.height * window.width;
    return true;
  }

  /// Whether to go on.
  bool write(Piece piece) {
    done_.pixels += piece.window.height * piece.window.width,
        done_.fused_pixels += piece.window.height * piece.window.width;
    writer_.write(std::move(piece));
    done_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    return !progress_ || progress_(done_);
  }

  void finish() { writer_.finish(); }

 private:
  std::int64_t pieces_done_;
  const std::function<bool(const SceneProgress&)>& progress_;
  infer::PieceWriter writer_;
  SceneProgress done_;
  std::int64_t pieces_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

struct SceneSharpener::State {
  Method method;
  SharpenOptions options;
  infer::StripNeeds needs;
  bool branches;

  bool fuse_strip(Run& run, const SceneSource& source, const ProjectionPlan& plan, std::int64_t left,
                  std::int64_t at_once) const;
  std::unique_ptr<StripFuser> fuser_for(SceneViews& views, Span wanted, std::int64_t at_once) const;
  infer::ViewOptions view_options() const;
  Span columns_seen(Span wanted, std::int64_t width) const;
  infer::StripNeeds needs_of(const ProjectionPlan& plan) const;
  void check() const;
};

infer::ViewOptions SceneSharpener::State::view_options() const {
  return {.cell = options.clahe_cell,
          .reach = needs.reach,
          .look_back = needs.look_back,
          .resampling = options.resampling,
          .branches = branches,
          .keep_ms = options.back_projections > 0};
}

std::unique_ptr<StripFuser> SceneSharpener::State::fuser_for(SceneViews& views, Span wanted,
                                                             std::int64_t at_once) const {
  if (const auto* blocks = std::get_if<ImageFusion>(&method))
    return std::make_unique<BlocksFuser>(views, *blocks, wanted, needs.block_height);
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method))
    return std::make_unique<RowsFuser<float>>(views, *network, wanted, at_once);
  return std::make_unique<RowsFuser<bf16_t>>(views, std::get<PackedNetwork<bf16_t>>(method), wanted, at_once);
}

SceneSharpener::SceneSharpener(const PreMix<float>& model, const SharpenOptions& options)
    : state_(new State{method_of(model, options.precision), options, {}, true}) {
  const bool blocks = std::holds_alternative<ImageFusion>(state_->method);
  state_->needs = blocks ? infer::needs_of_blocks(model) : infer::needs_of_rows(model, options.precision);
  state_->check();
  if (options.resampling != Resampling::cubic)
    fail(ErrorKind::usage, Option("resampling"), " applies to classical methods only: networks are trained on cubic");
}

SceneSharpener::SceneSharpener(const BlockFusion& method, const SharpenOptions& options)
    : state_(new State{ImageFusion{method.reach,
                                   [fuse = method.fuse](const BranchImages<float>& x, const Window& block) {
                                     return fuse(x.plain.ms, x.plain.pan, block);
                                   }},
                       options, infer::needs_of_classical(method.reach), false}) {
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
std::int64_t SceneSharpener::reach() const { return state_->needs.reach; }
std::int64_t SceneSharpener::tile_overlap() const { return state_->needs.reach_of_bits; }
std::int64_t SceneSharpener::piece_height() const { return rows_in_piece; }
std::int64_t SceneSharpener::piece_width() const { return state_->needs.strip_width; }
std::int64_t SceneSharpener::least_memory(const SceneGeometry& scene) const {
  const infer::StripNeeds needs = state_->needs_of(ProjectionPlan(scene, state_->options.back_projections));
  return infer::memory_needed(needs, scene, state_->options.clahe_cell, needs.least_at_once);
}

infer::StripNeeds SceneSharpener::State::needs_of(const ProjectionPlan& plan) const {
  infer::StripNeeds result = needs;
  result.projected = options.back_projections > 0;
  result.rows_around = plan.most_rows_around(), result.columns_around = plan.most_columns_around();
  return result;
}

Span SceneSharpener::State::columns_seen(Span wanted, std::int64_t width) const {
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method))
    return infer::columns_seen(*network, wanted, width);
  if (const auto* network = std::get_if<PackedNetwork<bf16_t>>(&method))
    return infer::columns_seen(*network, wanted, width);
  const std::int64_t margin = infer::block_margin(needs.reach);
  return {std::max<std::int64_t>(0, wanted.begin - margin), std::min(width, infer::network_side(wanted.end) + margin)};
}

// Fuses the pieces of a strip that are in the part. A strip's columns are the same for every part.
bool SceneSharpener::State::fuse_strip(Run& run, const SceneSource& source, const ProjectionPlan& plan,
                                       std::int64_t left, std::int64_t at_once) const {
  const SceneGeometry& scene = source.geometry;
  const Span fused = plan.columns_fused({left, std::min(scene.pan_width, left + needs.strip_width)});
  std::optional<SceneViews> views;
  std::unique_ptr<StripFuser> fuser;
  std::optional<PieceProjection> pieces;
  for (std::int64_t top = scene.part.top / rows_in_piece * rows_in_piece; top < scene.part.top + scene.part.height;
       top += rows_in_piece) {
    const Window window = scene.part.intersection({top, left, rows_in_piece, needs.strip_width});
    if (run.passed_over(window)) continue;
    const bool first = !pieces;
    if (first) {
      views.emplace(source, columns_seen(fused, infer::network_side(scene.pan_width)),
                    std::max<std::int64_t>(0, plan.seen(window).top - needs.look_back), view_options());
      fuser = fuser_for(*views, fused, at_once);
      pieces.emplace(plan, *views, *fuser, fused, scene.bands);
    }
    Piece piece = pieces->piece(window);
    if (first) release_cached_memory(cpu());  // maps have grown to their sizes
    if (!run.write(std::move(piece))) return false;
  }
  return true;
}

bool SceneSharpener::run(const SceneSource& source, const SceneSink& sink,
                         const std::function<bool(const SceneProgress&)>& progress) const {
  const SceneGeometry& scene = source.geometry;
  const ProjectionPlan plan(scene, state_->options.back_projections);
  const std::int64_t at_once =
      infer::rows_in_memory(state_->needs_of(plan), scene, state_->options.clahe_cell, state_->options.max_memory);
  const std::int64_t strip = state_->needs.strip_width;
  Run run(scene.part, sink, progress);
  bool going = true;
  for (std::int64_t left = scene.part.left / strip * strip; going && left < scene.part.left + scene.part.width;
       left += strip) {
    release_cached_memory(cpu());  // of maps of other widths
    going = state_->fuse_strip(run, source, plan, left, at_once);
  }
  run.finish();
  return going;
}

}  // namespace premix
