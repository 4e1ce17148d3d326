#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/image/mtf.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// Low-passes an image on the PAN grid by MtfGaussian along both axes and samples it at MS pixel centres: the image as
/// seen by the MS instrument. image (1, h, w, 1): pixels `where` of the PAN; map: of the whole PAN
/// -> (1, ms.height, ms.width, 1), MS pixels `ms`. At borders, the filter weights inside the image are normalised to
/// sum 1; a centre outside moves to the nearest one inside. A sample depends, to the bit, only on pixels under the
/// filter.
Tensor<float> sampled_by_mtf(const Tensor<float>& image, const Window& where, const GridMap& map, const Window& ms,
                             double gain);

}  // namespace premix
