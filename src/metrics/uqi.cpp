#include "premix/metrics/uqi.hpp"

#include <limits>

#include "metrics/arguments.hpp"
#include "metrics/windows.hpp"

namespace premix {
using namespace metrics;

namespace {

double mean_index(const WindowMoments& m, double epsilon) {
  std::vector<double> index(m.covariance.values.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    const double p = m.mean_p.values[i], t = m.mean_t.values[i];
    index[i] = 4 * p * t * m.covariance.values[i] /
               ((p * p + t * t) * (m.variance_p.values[i] + m.variance_t.values[i]) + epsilon);
  }
  return mean_of(index);
}

}  // namespace

template <Real T>
double uqi(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto pair = image_pair("uqi", prediction, truth);
  return mean_of(for_each_band(truth.shape(), [&](auto n, auto band) {
    const WindowMoments moments =
        gaussian_moments(band_plane(pair.prediction, n, band), band_plane(pair.truth, n, band));
    return mean_index(moments, std::numeric_limits<T>::epsilon());
  }));
}

template double uqi(const Tensor<float>&, const Tensor<float>&);
template double uqi(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
