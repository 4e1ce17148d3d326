#include "metrics/windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>

namespace premix::metrics {
namespace {

// Sums over square windows, weighted by weights[i] * weights[j]. Windows start at the first rows x columns pixels.
Plane window_sums(const Plane& plane, std::span<const double> weights, std::int64_t rows, std::int64_t columns) {
  Plane sums(std::max<std::int64_t>(rows, 0), std::max<std::int64_t>(columns, 0));
  std::vector<double> column(static_cast<std::size_t>(plane.width));  // sums along y, for one row of windows
  for (std::int64_t y = 0; y < sums.height; ++y) {
    std::fill(column.begin(), column.end(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double* from = plane.row(y + static_cast<std::int64_t>(i));
      for (std::size_t x = 0; x < column.size(); ++x) column[x] += weights[i] * from[x];
    }
    double* to = sums.row(y);
    for (std::size_t i = 0; i < weights.size(); ++i)
      for (std::int64_t x = 0; x < sums.width; ++x) to[x] += weights[i] * column[static_cast<std::size_t>(x) + i];
  }
  return sums;
}

Plane gaussian_sums(const Plane& plane) {
  static const auto weights = [] {
    std::array<double, 11> result;
    double sum = 0;
    for (int i = 0; i < 11; ++i) sum += result[i] = std::exp(-(i - 5) * (i - 5) / (2 * 1.5 * 1.5));
    for (double& weight : result) weight /= sum;
    return result;
  }();
  return window_sums(plane, weights, plane.height - 10, plane.width - 10);
}

Plane product(const Plane& a, const Plane& b) {
  Plane result(a.height, a.width);
  std::transform(a.values.begin(), a.values.end(), b.values.begin(), result.values.begin(), std::multiplies<>());
  return result;
}

// E[ab] - E[a] E[b].
Plane central_moment(const Plane& a, const Plane& b, const Plane& mean_a, const Plane& mean_b) {
  Plane moment = gaussian_sums(product(a, b));
  for (std::size_t i = 0; i < moment.values.size(); ++i) moment.values[i] -= mean_a.values[i] * mean_b.values[i];
  return moment;
}

Plane variance(const Plane& a, const Plane& mean) {
  Plane result = central_moment(a, a, mean, mean);
  for (double& value : result.values) value = value < 0 ? 0 : value;
  return result;
}

}  // namespace

template <Real T>
Plane band_plane(const Tensor<T>& image, std::int64_t n, std::int64_t band) {
  const auto [images, height, width, channels] = image.shape();
  Plane plane(height, width);
  const T* from = image.data() + n * height * width * channels + band;
  for (std::int64_t i = 0; i < height * width; ++i)
    plane.values[static_cast<std::size_t>(i)] = static_cast<double>(from[i * channels]);
  return plane;
}

WindowMoments gaussian_moments(const Plane& prediction, const Plane& truth) {
  const Plane mean_p = gaussian_sums(prediction), mean_t = gaussian_sums(truth);
  return {mean_p, mean_t, variance(prediction, mean_p), variance(truth, mean_t),
          central_moment(prediction, truth, mean_p, mean_t)};
}

Plane box_means(const Plane& plane) {
  static constexpr std::array<double, 8> weights = {0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125};
  return window_sums(plane, weights, plane.height - 8, plane.width - 8);
}

Plane box_rmse(Plane prediction, const Plane& truth) {
  for (std::size_t i = 0; i < prediction.values.size(); ++i) {
    const double difference = prediction.values[i] - truth.values[i];
    prediction.values[i] = difference * difference;
  }
  Plane means = box_means(prediction);
  for (double& mean : means.values) mean = std::sqrt(mean);
  return means;
}

template Plane band_plane(const Tensor<float>&, std::int64_t, std::int64_t);
template Plane band_plane(const Tensor<double>&, std::int64_t, std::int64_t);

}  // namespace premix::metrics
