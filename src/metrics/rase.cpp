#include "premix/metrics/rase.hpp"

#include <cmath>

#include "metrics/arguments.hpp"
#include "metrics/windows.hpp"

namespace premix {
using namespace metrics;

namespace {

// Adds factor * plane to sum.
void add(Plane& sum, const Plane& plane, double factor) {
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += factor * plane.values[i];
}

}  // namespace

template <Real T>
double rase_published(const Tensor<T>& prediction, const Tensor<T>& truth) {
  const auto [p, t] = image_pair("rase_published", prediction, truth);
  const auto [images, height, width, bands] = truth.shape();
  const std::int64_t rows = std::max<std::int64_t>(height - 8, 0), columns = std::max<std::int64_t>(width - 8, 0);
  Plane squares(rows, columns);  // squared local RMSE, summed over the bands
  Plane means(rows, columns);    // local means of the truth, summed over the bands
  for (std::int64_t band = 0; band < bands; ++band) {
    Plane local_rmse(rows, columns);
    for (std::int64_t n = 0; n < images; ++n) {
      const Plane truth_plane = band_plane(t, n, band);
      add(local_rmse, box_rmse(band_plane(p, n, band), truth_plane), 1.0 / static_cast<double>(images));
      add(means, box_means(truth_plane), 1.0 / static_cast<double>(images));
    }
    for (double& value : local_rmse.values) value *= value;
    add(squares, local_rmse, 1);
  }
  std::vector<double> index(squares.values.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    const double mean = means.values[i] / static_cast<double>(bands) / 64;
    index[i] = 100 / mean * std::sqrt(squares.values[i] / static_cast<double>(bands));
  }
  return mean_of(index);
}

template double rase_published(const Tensor<float>&, const Tensor<float>&);
template double rase_published(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
