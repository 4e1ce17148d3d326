#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "premix/infer/scene_source.hpp"
#include "premix/metrics/periodicity.hpp"

namespace premix {

/// Measures the periodicity of a fused scene from a stream of pieces: periodicity() of the fused image and the PAN,
/// without either image in memory.
///
/// The grid of blocks starts at the PAN's first pixel, also for a part. Blocks with a pixel that is invalid or outside
/// the part are left out. Any division of the scene into pieces, in any order, gives the same bits. Memory: the powers
/// of the flattest 1024 blocks (0.2 MB for four bands), 64 PAN rows of a piece, and the blocks that a piece holds in
/// part. Pieces that begin at multiples of 64 have none of these.
class PeriodicityMeter {
 public:
  /// read_pan: reads the scene's PAN; called by add() only.
  PeriodicityMeter(const SceneGeometry& scene, ReadPixels read_pan);
  PeriodicityMeter(PeriodicityMeter&&) noexcept;
  PeriodicityMeter& operator=(PeriodicityMeter&&) noexcept;
  ~PeriodicityMeter();

  /// Adds a piece as passed to SceneSink::write: values (h, w, B), valid (h, w). Each pixel is in at most one piece.
  void add(const Window& piece, const float* values, const std::uint8_t* valid);

  /// Returns the periodicity so far; empty without a block to measure.
  std::optional<Periodicity> result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
