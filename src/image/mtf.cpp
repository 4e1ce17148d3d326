#include "premix/image/mtf.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "premix/core/error.hpp"

namespace premix {
namespace {

// Gaussian weights at the distances of pixels from a place `shift` beyond the centre of `ratio` pixels. The count has
// the parity of the ratio, so that the taps lie symmetrically about the centre.
std::vector<double> axis_taps(double gain, double shift, int ratio) {
  const MtfGaussian filter(gain, ratio);
  PREMIX_CHECK(std::abs(shift) <= ratio, "mtf_taps: a shift of ", shift, " input pixels with ratio ", ratio,
               ". It may be at most one output pixel.");
  std::int64_t count = 2 * (filter.radius + static_cast<std::int64_t>(std::ceil(std::abs(shift))));
  if (ratio % 2 == 1) ++count;
  std::vector<double> taps;
  for (std::int64_t i = 0; i < count; ++i) {
    const double distance = (static_cast<double>(i) - 0.5 * static_cast<double>(count - 1) - shift) / filter.sigma;
    taps.push_back(std::exp(-0.5 * distance * distance));
  }
  const double sum = std::accumulate(taps.begin(), taps.end(), 0.0);
  for (double& tap : taps) tap /= sum;
  return taps;
}

}  // namespace

MtfGaussian::MtfGaussian(double gain, double ratio) {
  if (!(gain > 0 && gain < 1))
    fail(ErrorKind::usage, "MTF gain ", gain, ". Use the gain at the MS's Nyquist frequency, above 0 and below 1.");
  // exp(-2 pi^2 sigma^2 f^2) = gain at f = 1 / (2 ratio).
  sigma = ratio / std::numbers::pi * std::sqrt(-2 * std::log(gain));
  radius = static_cast<std::int64_t>(std::ceil(4 * sigma));
}

SeparableTaps mtf_taps(const MtfReduction& reduction) {
  return {.rows = axis_taps(reduction.row_gain, reduction.row_shift, reduction.ratio),
          .columns = axis_taps(reduction.column_gain, reduction.column_shift, reduction.ratio),
          .stride = reduction.ratio};
}

}  // namespace premix
