#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "premix/core/precision.hpp"
#include "premix/infer/baselines/classical.hpp"
#include "premix/infer/scene_sink.hpp"
#include "premix/infer/scene_source.hpp"
#include "premix/infer/sharpener/memory_plan.hpp"
#include "premix/nn/premix.hpp"

namespace premix {

struct SharpenOptions {
  std::int64_t max_memory = std::int64_t{4} << 30;  // bytes used by run(), without source and sink
  std::int64_t clahe_cell = 128;  // side of a contrast equalisation cell, PAN pixels: a multiple of 4, at least 16
  Precision precision = Precision::float32;
  Resampling resampling = Resampling::cubic;  // for classical methods; networks and MTF-GLP require cubic
  int back_projections = 0;  // rounds of back_projected(), without invalid and partly invalid MS pixels
};

struct SceneProgress {
  std::int64_t pixels = 0, all_pixels = 0;  // of the part: finished, total
  std::int64_t fused_pixels = 0;            // by this run
  double seconds = 0;                       // since the start
};

/// Fuses scenes of any size in constant memory: strip of columns by strip of columns, each from top to bottom.
///
/// A fused pixel depends on the scene alone. It is bit-identical for every memory limit, number of threads and part, on
/// one kind of device, CPU instruction set and library version. Contrast equalisation uses cells of fixed size,
/// starting at the first pixel of the whole PAN. With cells of 1/8 of an image, results equal the network's on the
/// whole image, to rounding. Invalid pixels are first filled from the nearest valid ones; contrast equalisation counts
/// valid pixels only. A pixel farther than reach() + 1.5 cells from invalid pixels differs by rounding only; one
/// farther than tile_overlap() + 1.5 cells, in no bit. Each round of back-projection extends the receptive field by
/// about 2.5 MS pixels each way.
class SceneSharpener {
 public:
  /// Copies the network; it stays on the model's device. Throws like PreMixInference.
  explicit SceneSharpener(const PreMix<float>& model, const SharpenOptions& options = {});
  /// Uses a classical method, on the CPU. It must be prepared for the scene given to run().
  explicit SceneSharpener(const BlockFusion& method, const SharpenOptions& options = {});
  SceneSharpener(SceneSharpener&&) noexcept;
  SceneSharpener& operator=(SceneSharpener&&) noexcept;
  ~SceneSharpener();

  /// Alignment of parts, PAN pixels. Parts that begin and end at multiples waste no work.
  std::int64_t tile_alignment() const;
  /// Receptive field of a fused pixel, PAN pixels each way, without contrast equalisation and back-projection. Computed
  /// from the architecture.
  std::int64_t reach() const;
  /// Overlap for bit-identical results, PAN pixels each way: in convolutions that compute tiles, all pixels of a tile
  /// affect its rounding.
  std::int64_t tile_overlap() const;

  /// Rows and columns of the pieces for SceneSink::write. Pieces begin at multiples of them.
  std::int64_t piece_height() const;
  std::int64_t piece_width() const;

  /// Memory of run() within options.max_memory. Throws a usage Error if options.max_memory is too small.
  MemoryPlan memory_plan(const SceneGeometry& scene) const;
  /// Minimum memory of run(), bytes.
  std::int64_t least_memory(const SceneGeometry& scene) const;

  /// Fuses a scene. progress is called from time to time; it returns false to stop. Returns whether the run completed.
  /// Throws a usage Error if options.max_memory is too small; passes on exceptions of source and sink.
  bool run(const SceneSource& source, const SceneSink& sink,
           const std::function<bool(const SceneProgress&)>& progress = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
