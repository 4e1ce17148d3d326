#include "premix/metrics/psnr.hpp"

#include <cmath>

#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

template <Real T>
double psnr_db(const Tensor<T>& prediction, const Tensor<T>& truth) {
  check_pair("psnr_db", prediction, truth);
  const ImagePair<T> pair{clipped(prediction), clipped(truth)};
  const double mse =
      mean_of(for_each_band(truth.shape(), [&](auto n, auto band) { return mean_squared_difference(pair, n, band); }));
  return -std::log(mse) * static_cast<double>(10.0f / std::log(10.0f));
}

template double psnr_db(const Tensor<float>&, const Tensor<float>&);
template double psnr_db(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
