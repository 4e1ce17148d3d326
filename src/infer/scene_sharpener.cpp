#include "premix/infer/scene_sharpener.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "infer/memory_plan.hpp"
#include "infer/piece_writer.hpp"
#include "infer/strip_fuser.hpp"
#include "premix/core/error.hpp"
#include "premix/core/memory.hpp"
#include "premix/infer/premix_inference.hpp"

namespace premix {

using infer::BlocksFuser;
using infer::Columns;
using infer::ImageFusion;
using infer::PackedNetwork;
using infer::Piece;
using infer::RowsFuser;
using infer::SceneViews;
using infer::StripFuser;

namespace {

constexpr std::int64_t rows_in_piece = 256;

Window common(const Window& a, const Window& b) {
  const std::int64_t top = std::max(a.top, b.top), left = std::max(a.left, b.left);
  return {top, left, std::min(a.top + a.height, b.top + b.height) - top, std::min(a.left + a.width, b.left + b.width) - left};
}

using Method = std::variant<PackedNetwork<float>, PackedNetwork<bf16_t>, ImageFusion>;

Method method_of(const PreMix<float>& model, Precision precision) {
  const bool rows = infer::runs_by_rows(model);
  if (rows && precision == Precision::float32) return PackedNetwork<float>(model);
  const auto network = std::make_shared<PreMixInference>(model, precision);  // refuses what can't be done
  if (rows) return PackedNetwork<bf16_t>(model);
  const Device device = infer::device_of(model);
  return ImageFusion{infer::network_reach(model), [network, device](const BranchImages<float>& x, const Window&) {
                       return (*network)({x.hp_ms.to(device), x.hp_pan.to(device), x.eq_ms.to(device), x.eq_pan.to(device), x.ms.to(device),
                                          x.pan.to(device)})
                           .to(cpu());
                     }};
}

}  // namespace

struct SceneSharpener::State {
  Method method;
  SharpenOptions options;
  infer::StripNeeds needs;
  bool branches;

  std::unique_ptr<StripFuser> fuser(SceneViews& views, Columns wanted, std::int64_t at_once) const;
  Columns columns_seen(Columns wanted, std::int64_t width) const;
  void check() const;
};

std::unique_ptr<StripFuser> SceneSharpener::State::fuser(SceneViews& views, Columns wanted, std::int64_t at_once) const {
  if (const auto* blocks = std::get_if<ImageFusion>(&method)) return std::make_unique<BlocksFuser>(views, *blocks, wanted, needs.block_height);
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method))
    return std::make_unique<RowsFuser<float>>(views, *network, wanted, at_once);
  return std::make_unique<RowsFuser<bf16_t>>(views, std::get<PackedNetwork<bf16_t>>(method), wanted, at_once);
}

namespace {

// Counts the pieces of a scene as they are done.
class Run {
 public:
  Run(const SceneIo& io, const std::function<bool(const SceneProgress&)>& progress) : io_(io), progress_(progress), writer_(io) {
    done_.all_pixels = io.part.height * io.part.width;
  }

  /// Whether the next piece, a window of the part, was done by an earlier run.
  bool passed_over(const Window& window) {
    if (pieces_++ >= io_.pieces_done) return false;
    done_.pixels += window.height * window.width;
    return true;
  }

  /// Whether to go on.
  bool write(Piece piece) {
    done_.pixels += piece.window.height * piece.window.width, done_.fused_pixels += piece.window.height * piece.window.width;
    writer_.write(std::move(piece));
    done_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    return !progress_ || progress_(done_);
  }

  void finish() { writer_.finish(); }

 private:
  const SceneIo& io_;
  const std::function<bool(const SceneProgress&)>& progress_;
  infer::PieceWriter writer_;
  SceneProgress done_;
  std::int64_t pieces_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Fuses the window of a strip. wanted: the strip's columns, all of which are computed.
Piece fuse_piece(SceneViews& views, StripFuser& fuser, const Window& window, Columns wanted, std::int64_t bands) {
  const auto pixels = static_cast<std::size_t>(window.height * window.width);
  Piece piece{window, std::vector<float>(pixels * static_cast<std::size_t>(bands)), std::vector<std::uint8_t>(pixels)};
  if (!views.valid(window, piece.valid.data())) return piece;
  std::vector<float> rows(static_cast<std::size_t>(window.height * wanted.width() * bands));
  fuser.fuse(window.top, window.top + window.height, rows.data());
  for (std::int64_t y = 0; y < window.height; ++y)
    std::copy_n(rows.data() + (y * wanted.width() + window.left - wanted.left) * bands, window.width * bands,
                piece.values.data() + y * window.width * bands);
  return piece;
}

}  // namespace

SceneSharpener::SceneSharpener(const PreMix<float>& model, const SharpenOptions& options)
    : state_(new State{method_of(model, options.precision), options, {}, true}) {
  const auto* blocks = std::get_if<ImageFusion>(&state_->method);
  state_->needs = blocks != nullptr ? infer::needs_of_blocks(blocks->reach, infer::device_of(model), model.config)
                                    : infer::needs_of_rows(model, options.precision);
  state_->check();
}

SceneSharpener::SceneSharpener(const BlockFusion& method, const SharpenOptions& options)
    : state_(new State{ImageFusion{method.reach, [fuse = method.fuse](const BranchImages<float>& x, const Window& block) {
                                     return fuse(x.ms, x.pan, block);
                                   }},
                       options, infer::needs_of_classical(method.reach), false}) {
  state_->check();
}

SceneSharpener::SceneSharpener(SceneSharpener&&) noexcept = default;
SceneSharpener& SceneSharpener::operator=(SceneSharpener&&) noexcept = default;
SceneSharpener::~SceneSharpener() = default;

void SceneSharpener::State::check() const {
  PREMIX_CHECK(options.clahe_cell >= 16 && options.clahe_cell % 4 == 0, "SceneSharpener: clahe_cell ", options.clahe_cell,
               "; a multiple of 4 is due, 16 at least");
}

std::int64_t SceneSharpener::tile_alignment() const { return rows_in_piece; }
std::int64_t SceneSharpener::reach() const { return state_->needs.reach; }
std::int64_t SceneSharpener::tile_overlap() const { return state_->needs.reach_of_bits; }
std::int64_t SceneSharpener::piece_height() const { return rows_in_piece; }
std::int64_t SceneSharpener::piece_width() const { return state_->needs.strip_width; }
std::int64_t SceneSharpener::least_memory(const SceneIo& scene) const {
  return infer::memory_needed(state_->needs, scene, state_->options.clahe_cell, state_->needs.least_at_once);
}

Columns SceneSharpener::State::columns_seen(Columns wanted, std::int64_t width) const {
  if (const auto* network = std::get_if<PackedNetwork<float>>(&method)) return infer::columns_seen(*network, wanted, width);
  if (const auto* network = std::get_if<PackedNetwork<bf16_t>>(&method)) return infer::columns_seen(*network, wanted, width);
  const std::int64_t margin = infer::block_margin(needs.reach);
  return {std::max<std::int64_t>(0, wanted.left - margin), std::min(width, infer::network_side(wanted.right) + margin)};
}

bool SceneSharpener::run(const SceneIo& scene, const std::function<bool(const SceneProgress&)>& progress) const {
  const std::int64_t at_once = infer::rows_in_memory(state_->needs, scene, state_->options.clahe_cell, state_->options.max_memory);
  const std::int64_t strip = state_->needs.strip_width, right = scene.part.left + scene.part.width, bottom = scene.part.top + scene.part.height;
  Run run(scene, progress);
  std::int64_t width = -1;
  for (std::int64_t left = scene.part.left / strip * strip; left < right; left += strip) {
    const Columns wanted{left, std::min(scene.pan_width, left + strip)};
    const Columns seen = state_->columns_seen(wanted, infer::network_side(scene.pan_width));
    if (seen.width() != std::exchange(width, seen.width())) release_cached_memory(cpu());  // of maps of the other width
    std::optional<SceneViews> views;
    std::unique_ptr<StripFuser> fuser;
    bool first = true;
    for (std::int64_t top = scene.part.top / rows_in_piece * rows_in_piece; top < bottom; top += rows_in_piece) {
      const Window window = common({top, left, rows_in_piece, strip}, scene.part);
      if (run.passed_over(window)) continue;
      if (!fuser) {
        const std::int64_t first_row = std::max<std::int64_t>(0, window.top - state_->needs.look_back);
        views.emplace(scene, seen, first_row,
                      infer::ViewOptions{state_->options.clahe_cell, state_->needs.reach, state_->needs.look_back, state_->branches});
        fuser = state_->fuser(*views, wanted, at_once);
      }
      Piece piece = fuse_piece(*views, *fuser, window, wanted, scene.bands);
      if (std::exchange(first, false)) release_cached_memory(cpu());  // maps have grown to their sizes
      if (!run.write(std::move(piece))) {
        run.finish();
        return false;
      }
    }
  }
  run.finish();
  return true;
}

}  // namespace premix
