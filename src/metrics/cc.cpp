#include "premix/metrics/cc.hpp"

#include <cmath>

#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

namespace {

// Pearson correlation of the elements at the indices place(0) to place(count - 1). Subtracts the first element, so that
// a constant has a variance of exactly 0.
template <Real T, class Place>
double correlation(const ImagePair<T>& pair, std::int64_t count, Place place) {
  const T *p = pair.prediction.data(), *t = pair.truth.data();
  const double origin_p = static_cast<double>(p[place(0)]), origin_t = static_cast<double>(t[place(0)]);
  double mean_p = 0, mean_t = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    mean_p += static_cast<double>(p[place(i)]) - origin_p;
    mean_t += static_cast<double>(t[place(i)]) - origin_t;
  }
  mean_p /= static_cast<double>(count);
  mean_t /= static_cast<double>(count);
  double variance_p = 0, variance_t = 0, covariance = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double a = static_cast<double>(p[place(i)]) - origin_p - mean_p,
                 b = static_cast<double>(t[place(i)]) - origin_t - mean_t;
    variance_p += a * a;
    variance_t += b * b;
    covariance += a * b;
  }
  return covariance / std::sqrt(variance_p * variance_t);
}

}  // namespace

template <Real T>
double cc(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto pair = image_pair("cc", prediction, truth);
  const auto [images, height, width, channels] = truth.shape();
  const std::int64_t pixels = height * width, bands = channels;
  return mean_of(for_each_band(truth.shape(), [&](auto n, auto band) {
    return correlation(pair, pixels, [&](std::int64_t i) { return (n * pixels + i) * bands + band; });
  }));
}

template <Real T>
double cc_published(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto pair = image_pair("cc_published", prediction, truth);
  const auto [images, height, width, channels] = truth.shape();
  const std::int64_t pixels = height * width, bands = channels, piece = images * pixels;
  return mean_of(for_each_band({1, 1, 1, bands}, [&](auto, auto row) {
    return correlation(pair, piece, [&](std::int64_t i) {
      const std::int64_t plane = (row * piece + i) / pixels;  // index n * bands + band
      return (plane / bands * pixels + (row * piece + i) % pixels) * bands + plane % bands;
    });
  }));
}

template double cc(const Tensor<float>&, const Tensor<float>&);
template double cc(const Tensor<double>&, const Tensor<double>&);
template double cc_published(const Tensor<float>&, const Tensor<float>&);
template double cc_published(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
