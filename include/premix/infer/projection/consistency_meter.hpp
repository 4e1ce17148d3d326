#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "premix/infer/scene_source.hpp"
#include "premix/metrics/consistency.hpp"

namespace premix {

/// How well a fused scene agrees with its MS, measured while its pieces pass by: consistency() of average_on_ms_grid()
/// and the MS, without either image in memory.
///
/// An MS pixel counts where it and all fused pixels on its area are valid, and where pieces of one strip cover it:
/// pieces with the same columns that follow one another from top to bottom. Those that lie across the border of two
/// strips are left out, one MS column for each border at most. Pixels that are zero in all bands have no angle and are
/// left out of sam_degrees. Memory is that of a few pieces.
class ConsistencyMeter {
 public:
  /// read_ms reads the scene's MS. Only add() calls it.
  ConsistencyMeter(const SceneGeometry& scene, ReadPixels read_ms);
  ConsistencyMeter(ConsistencyMeter&&) noexcept;
  ConsistencyMeter& operator=(ConsistencyMeter&&) noexcept;
  ~ConsistencyMeter();

  /// A piece as SceneSink::write gets it: values (h, w, B), valid (h, w).
  void add(const Window& piece, const float* values, const std::uint8_t* valid);

  /// Nothing where no MS pixel was counted.
  std::optional<Consistency> result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
