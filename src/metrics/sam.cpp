#include "premix/metrics/sam.hpp"

#include <numbers>

#include "metrics/angle.hpp"
#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

namespace {

template <Real T>
double mean_angle(const char* metric, const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto [p, t] = image_pair(metric, prediction, truth);
  const std::int64_t bands = t.shape().c;
  PREMIX_CHECK(bands >= 2, metric, ": images ", t.shape(), " have one band. An angle needs at least 2.");
  double sum = 0;
  for (std::int64_t i = 0; i < t.shape().pixels(); ++i)
    sum += spectral_angle(p.data() + i * bands, t.data() + i * bands, bands);
  return sum / static_cast<double>(t.shape().pixels());
}

}  // namespace

template <Real T>
double sam_radians(const Tensor<T>& prediction, const Tensor<T>& truth) {
  return mean_angle("sam_radians", prediction, truth);
}

template <Real T>
double sam_degrees(const Tensor<T>& prediction, const Tensor<T>& truth) {
  return mean_angle("sam_degrees", prediction, truth) * 180 / std::numbers::pi;
}

template double sam_radians(const Tensor<float>&, const Tensor<float>&);
template double sam_radians(const Tensor<double>&, const Tensor<double>&);
template double sam_degrees(const Tensor<float>&, const Tensor<float>&);
template double sam_degrees(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
