#include "premix/metrics/ssim.hpp"

#include "metrics/arguments.hpp"
#include "metrics/windows.hpp"

namespace premix {
using namespace metrics;

namespace {

double mean_index(const WindowMoments& m) {
  constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  std::vector<double> index(m.covariance.values.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    const double p = m.mean_p.values[i], t = m.mean_t.values[i];
    index[i] = (2 * p * t + c1) * (2 * m.covariance.values[i] + c2) /
               ((p * p + t * t + c1) * (m.variance_p.values[i] + m.variance_t.values[i] + c2));
  }
  return mean_of(index);
}

}  // namespace

template <Real T>
double ssim(const Tensor<T>& prediction, const Tensor<T>& truth) {
  check_pair("ssim", prediction, truth);
  const Tensor<T> p = clipped(prediction), t = clipped(truth);
  return mean_of(for_each_band(t.shape(), [&](auto n, auto band) {
    return mean_index(gaussian_moments(band_plane(p, n, band), band_plane(t, n, band)));
  }));
}

template double ssim(const Tensor<float>&, const Tensor<float>&);
template double ssim(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
