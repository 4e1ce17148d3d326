#include "premix/metrics/ergas.hpp"

#include <cmath>

#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

namespace {

// Square root of the mean over the bands of (RMSE / mean)^2, averaged over the images.
template <Real T>
double relative_error(const ImagePair<T>& pair) {
  const Shape shape = pair.truth.shape();
  const auto squares = for_each_band(shape, [&](auto n, auto band) {
    const double mean = band_mean(pair.truth, n, band);
    return mean_squared_difference(pair, n, band) / (mean * mean);
  });
  std::vector<double> roots;
  for (auto image = squares.begin(); image != squares.end(); image += shape.c)
    roots.push_back(std::sqrt(mean_of(std::vector<double>(image, image + shape.c))));
  return mean_of(roots);
}

}  // namespace

template <Real T>
double ergas(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio) {
  PREMIX_CHECK(ratio > 0, "ergas: ratio ", ratio, ". It must be above 0.");
  return 100 / ratio * relative_error(image_pair("ergas", prediction, truth));
}

template <Real T>
double ergas_published(const Tensor<T>& prediction, const Tensor<T>& truth) {
  return 100 * 4 * relative_error(image_pair("ergas_published", prediction, truth));
}

template double ergas(const Tensor<float>&, const Tensor<float>&, double);
template double ergas(const Tensor<double>&, const Tensor<double>&, double);
template double ergas_published(const Tensor<float>&, const Tensor<float>&);
template double ergas_published(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
