#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "premix/infer/scene_source.hpp"
#include "premix/metrics/consistency.hpp"

namespace premix {

/// Measures the consistency of a fused scene with its MS from a stream of pieces: consistency() of average_on_ms_grid()
/// and the MS, without either image in memory.
///
/// An MS pixel counts if it and all fused pixels on its area are valid, and pieces of one strip cover it. A strip is a
/// sequence of adjacent pieces with the same columns, from top to bottom. MS pixels across a strip border are skipped:
/// at most one MS column per border. Pixels with zeros in all bands have no spectral angle and are excluded from
/// sam_degrees. Memory: a few pieces.
class ConsistencyMeter {
 public:
  /// read_ms: reads the scene's MS; called by add() only.
  ConsistencyMeter(const SceneGeometry& scene, ReadPixels read_ms);
  ConsistencyMeter(ConsistencyMeter&&) noexcept;
  ConsistencyMeter& operator=(ConsistencyMeter&&) noexcept;
  ~ConsistencyMeter();

  /// Adds a piece as passed to SceneSink::write: values (h, w, B), valid (h, w).
  void add(const Window& piece, const float* values, const std::uint8_t* valid);

  /// Returns the consistency so far; empty if no MS pixel counted.
  std::optional<Consistency> result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
