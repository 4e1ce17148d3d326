#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"
#include "premix/ops/separable_filter.hpp"

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

/// A reduction by a modulation transfer function, which may differ along and across track. row_: of the filter along
/// the height, from row to row; column_: along the width.
struct MtfReduction {
  int ratio = 4;                             // input pixels along one output pixel
  double row_gain = 0.3, column_gain = 0.3;  // at the Nyquist frequency of the output
  double row_shift = 0, column_shift = 0;    // of the sampled places, in input pixels: positive is down or right
};

/// Returns the taps of the reduction for separable_filter(). The shift may be at most one output pixel. The filter has
/// its gain within 0.001 for gains up to 0.4. Input pixels limit larger ones: with ratio 2 the largest is 0.71, of the
/// mean of two pixels. Throws a usage Error for gains outside (0, 1).
SeparableTaps mtf_taps(const MtfReduction& reduction);

/// Reduces an image as an instrument of coarser pixels sees it: MtfGaussian along both axes, sampled at the centres of
/// ratio x ratio pixels. x (N, H, W, C) -> (N, H/ratio, W/ratio, C). ratio must divide H and W.
template <Real T>
Tensor<T> reduced_by_mtf(const Tensor<T>& x, const MtfReduction& reduction) {
  return separable_filter(x, mtf_taps(reduction));
}

}  // namespace premix
