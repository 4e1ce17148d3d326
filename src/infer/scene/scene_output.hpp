#pragma once

#include "infer/scene/scene_bands.hpp"

namespace premix {

/// The fused product but its nodata value; of it the bands have what the MS's have.
RasterInfo describe_output(const SceneImage& pan, const SceneImage& ms, const ChosenBands& chosen,
                           const Window& product, const SceneOptions& options);

/// The value that marks what is no data in an output, and whether a file or the user named it.
struct OutputNodata {
  double value = 0;
  bool named = false;
};

/// The user's value, else the first of the MS bands' and the PAN's, that the output's type can hold; else 0, or NaN in
/// floating point types.
OutputNodata output_nodata(const RasterInfo& output, const std::optional<double>& pan, const SceneOptions& options);

}  // namespace premix
