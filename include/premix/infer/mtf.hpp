#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// The Gaussian low-pass that stands for an MS instrument's modulation transfer function (Aiazzi et al. 2006): its
/// response at the Nyquist frequency of the MS, half a cycle in an MS pixel, is gain (Sensor::mtf_gains; 0.3 is usual),
/// within 0.001 for gains up to 0.4 and ratios from 2 on. One axis, lengths in PAN pixels.
struct MtfGaussian {
  double sigma = 0;
  std::int64_t radius = 0;  // where it ends, 4 sigma, rounded up

  /// ratio: PAN pixels along one MS pixel. Throws a usage Error for a gain that is not between 0 and 1.
  MtfGaussian(double gain, double ratio);
};

/// An image on the PAN's grid low-passed by MtfGaussian along both axes and sampled at the centres of MS pixels, as the
/// MS instrument would see it. image (1, h, w, 1): the pixels `where` of the PAN; map: of the whole PAN -> (1,
/// ms.height, ms.width, 1), the MS pixels in `ms`. Where the filter leaves the image, the weights inside are divided by
/// their sum; a centre outside becomes the nearest one inside. A sample depends on the filter's pixels alone, to the
/// bit, not on what else there is in the image.
Tensor<float> sampled_by_mtf(const Tensor<float>& image, const Window& where, const GridMap& map, const Window& ms,
                             double gain);

}  // namespace premix
