#pragma once

#include "infer/scene/scene_bands.hpp"

namespace premix::infer {

/// The fused product, with everything but nodata, which is inherited from the MS bands.
RasterInfo describe_output(const SceneImage& pan, const SceneImage& ms, const ChosenBands& chosen,
                           const Window& product, const SceneOptions& options);

/// Nodata value of an output; named: given by a file or the user.
struct OutputNodata {
  double value = 0;
  bool named = false;
};

/// First value that the output's type can hold of: the user's, the MS bands', the PAN's. Else 0, or NaN in floating
/// point types.
OutputNodata output_nodata(const RasterInfo& output, const std::optional<double>& pan, const SceneOptions& options);

}  // namespace premix::infer
