#pragma once

#include <cstdint>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix::metrics {

/// Grid of numbers, (height, width). Empty if a side is 0.
struct Plane {
  Plane(std::int64_t h, std::int64_t w) : height(h), width(w), values(static_cast<std::size_t>(h * w)) {}

  double* row(std::int64_t y) { return values.data() + y * width; }
  const double* row(std::int64_t y) const { return values.data() + y * width; }

  std::int64_t height, width;
  std::vector<double> values;
};

/// One band of one image, (H, W).
template <Real T>
Plane band_plane(const Tensor<T>& image, std::int64_t n, std::int64_t band);

/// Moments of two bands in windows of 11 x 11 pixels inside the image. Gaussian weights, sigma 1.5. Each member is
/// (H - 10, W - 10).
struct WindowMoments {
  Plane mean_p, mean_t;          // of prediction and truth
  Plane variance_p, variance_t;  // not below 0
  Plane covariance;
};
WindowMoments gaussian_moments(const Plane& prediction, const Plane& truth);

/// Means in windows of 8 x 8 pixels without the last row and column of the image. (H, W) -> (H - 8, W - 8).
Plane box_means(const Plane& plane);

/// RMSE in the windows of box_means(). (H, W) -> (H - 8, W - 8).
Plane box_rmse(Plane prediction, const Plane& truth);

}  // namespace premix::metrics
