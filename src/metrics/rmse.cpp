#include "premix/metrics/rmse.hpp"

#include <cmath>

#include "metrics/arguments.hpp"
#include "metrics/windows.hpp"

namespace premix {
using namespace metrics;

template <Real T>
double rmse(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto pair = image_pair("rmse", prediction, truth);
  return std::sqrt(
      mean_of(for_each_band(truth.shape(), [&](auto n, auto band) { return mean_squared_difference(pair, n, band); })));
}

template <Real T>
double rmse_published(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto pair = image_pair("rmse_published", prediction, truth);
  return mean_of(for_each_band(truth.shape(), [&](auto n, auto band) {
    return mean_of(box_rmse(band_plane(pair.prediction, n, band), band_plane(pair.truth, n, band)).values);
  }));
}

template double rmse(const Tensor<float>&, const Tensor<float>&);
template double rmse(const Tensor<double>&, const Tensor<double>&);
template double rmse_published(const Tensor<float>&, const Tensor<float>&);
template double rmse_published(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
