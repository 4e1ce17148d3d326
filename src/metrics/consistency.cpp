#include "premix/metrics/consistency.hpp"

#include <limits>

#include "metrics/arguments.hpp"
#include "premix/metrics/ergas.hpp"
#include "premix/metrics/sam.hpp"

namespace premix {
using namespace metrics;

template <Real T>
Consistency consistency(const Tensor<T>& degraded, const Tensor<T>& ms, double ratio) {
  const auto pair = image_pair("consistency", degraded, ms);
  const auto [images, height, width, bands] = ms.shape();
  Consistency result;
  for (std::int64_t band = 0; band < bands; ++band) {
    double sum_degraded = 0, sum_ms = 0;
    for (std::int64_t n = 0; n < images; ++n) {
      sum_degraded += band_mean(pair.prediction, n, band);
      sum_ms += band_mean(pair.truth, n, band);
    }
    result.bias.push_back(sum_degraded / sum_ms - 1);
  }
  result.sam_degrees = bands > 1 ? sam_degrees(degraded, ms) : std::numeric_limits<double>::quiet_NaN();
  result.ergas = ergas(degraded, ms, ratio);
  return result;
}

template Consistency consistency(const Tensor<float>&, const Tensor<float>&, double);
template Consistency consistency(const Tensor<double>&, const Tensor<double>&, double);

}  // namespace premix
