#pragma once

#include "infer/rolling_rows.hpp"

namespace premix::infer {

/// A map (H, W, C) whole.
template <class S>
struct Map {
  std::int64_t height = 0, width = 0;
  std::optional<Numbers<S>> numbers;

  on_cpu::RowsOf<const S> rows() const { return {numbers ? numbers->data() : nullptr, 0}; }
};

/// Both streams of features, at the size of the sub-model that looks at them next; empty where there is none.
template <class S>
struct FeatureMaps {
  Map<S> ms, pan;
};

/// What a sub-model looks at. Images that are filtered have a border of one pixel, filled by reflection: (H + 2, W + 2, C).
template <class S>
struct SubModelMaps {
  std::int64_t height, width;  // of ms and pan
  const float *ms, *pan;       // (h, w, B) and (h, w, 1)
  const float *image, *filtered_pan;
  float* result;          // like image
  FeatureMaps<S> last;    // (h, w, D)
  std::int64_t sampling;  // the next sub-model looks at every such row and column of the features; 0: nobody does
};

/// Runs a sub-model, a few rows at a time. Returns its features as the next one looks at them.
template <class S>
FeatureMaps<S> run_sub_model(const PackedSubModel<S>& model, SubModelMaps<S> maps);

/// Fills the border of one pixel around image (H + 2, W + 2, C) by reflection.
void reflect_border(float* image, std::int64_t height, std::int64_t width, std::int64_t channels);

}  // namespace premix::infer
