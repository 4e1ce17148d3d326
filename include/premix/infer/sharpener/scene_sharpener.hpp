#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "premix/core/precision.hpp"
#include "premix/infer/baselines/classical.hpp"
#include "premix/infer/scene_sink.hpp"
#include "premix/infer/scene_source.hpp"
#include "premix/nn/premix.hpp"

namespace premix {

struct SharpenOptions {
  std::int64_t max_memory = std::int64_t{4}
                            << 30;  // bytes, for all that run() keeps; memory of source and sink is theirs
  std::int64_t clahe_cell = 128;    // PAN pixels along a cell of contrast equalisation; a multiple of 4, 16 at least
  Precision precision = Precision::float32;
  Resampling resampling = Resampling::cubic;  // of classical methods; networks and MTF-GLP want cubic
  int back_projections =
      0;  // rounds of back_projected() that the result gets; MS pixels that are or hold invalid ones add nothing
};

struct SceneProgress {
  std::int64_t pixels = 0, all_pixels = 0;  // of the part: those that are done, and in all
  std::int64_t fused_pixels = 0;            // by this run
  double seconds = 0;                       // since it began
};

/// Fuses scenes of any size, a strip of columns after the other, each from top to bottom, in memory that their size
/// does not change.
///
/// A pixel depends on the scene alone: it has the same bits for every memory limit, number of threads and part that is
/// fused, on one kind of device, with one kind of CPU instructions and one version of the library. Contrast
/// equalisation has cells of fixed size from the first pixel of the whole PAN image on; with cells of an eighth of an
/// image, results are the network's for the image as a whole, to rounding. Invalid pixels are given values of the
/// nearest valid ones before anything else is done with them, and contrast equalisation counts valid pixels alone: one
/// farther from them than reach() and one and a half cells is not changed by them but in its rounding, and one farther
/// than tile_overlap() and as many in no bit. Each round of back-projection sees about two and a half MS pixels more
/// each way.
class SceneSharpener {
 public:
  /// The network is copied and stays on the model's device. Throws as PreMixInference does.
  explicit SceneSharpener(const PreMix<float>& model, const SharpenOptions& options = {});
  /// A classical method, on the CPU. The fusion is that of the scene that is run.
  explicit SceneSharpener(const BlockFusion& method, const SharpenOptions& options = {});
  SceneSharpener(SceneSharpener&&) noexcept;
  SceneSharpener& operator=(SceneSharpener&&) noexcept;
  ~SceneSharpener();

  /// PAN pixels: parts that begin and end at multiples of it cost nothing that is thrown away.
  std::int64_t tile_alignment() const;
  /// PAN pixels each way that a fused pixel depends on, contrast equalisation and back-projection apart: computed from
  /// the architecture.
  std::int64_t reach() const;
  /// The same for its last bits: where convolutions compute tiles, a tile's other pixels take part in the rounding.
  std::int64_t tile_overlap() const;

  /// Rows and columns of the pieces that SceneSink::write gets, which begin at multiples of them.
  std::int64_t piece_height() const;
  std::int64_t piece_width() const;

  /// Bytes that run() needs at least.
  std::int64_t least_memory(const SceneGeometry& scene) const;

  /// Fuses. progress is told from time to time, and stops the work by returning false. Returns whether all was done.
  /// Throws a usage Error where options.max_memory is too small, and what source and sink throw.
  bool run(const SceneSource& source, const SceneSink& sink,
           const std::function<bool(const SceneProgress&)>& progress = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
