#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/grid.hpp"

namespace premix {

/// Gaussian low-pass that models the modulation transfer function of an MS instrument (Aiazzi et al. 2006). Its
/// response at the MS Nyquist frequency, half a cycle per MS pixel, is gain (Sensor::mtf_gains; usually 0.3), within
/// 0.001 for gains up to 0.4 and ratios of at least 2. One axis, lengths in PAN pixels.
struct MtfGaussian {
  double sigma = 0;
  std::int64_t radius = 0;  // 4 sigma, rounded up; the filter is zero beyond

  /// ratio: PAN pixels per MS pixel. Throws a usage Error for a gain outside (0, 1).
  MtfGaussian(double gain, double ratio);
};

/// Low-passes an image on the PAN grid by MtfGaussian along both axes and samples it at MS pixel centres: the image as
/// seen by the MS instrument. image (1, h, w, 1): pixels `where` of the PAN; map: of the whole PAN
/// -> (1, ms.height, ms.width, 1), MS pixels `ms`. At borders, the filter weights inside the image are normalised to
/// sum 1; a centre outside moves to the nearest one inside. A sample depends, to the bit, only on pixels under the
/// filter.
Tensor<float> sampled_by_mtf(const Tensor<float>& image, const Window& where, const GridMap& map, const Window& ms,
                             double gain);

}  // namespace premix
