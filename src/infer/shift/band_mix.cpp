#include "infer/shift/band_mix.hpp"

#include <Eigen/Cholesky>
#include <limits>

namespace premix::infer {

Plane band_mix(const Plane& pan, const std::vector<Plane>& bands, const Plane& taper) {
  const auto weights = taper.reshaped<Eigen::RowMajor>();
  const auto centred = [&](const Plane& plane) -> Eigen::VectorXd {
    return plane.reshaped<Eigen::RowMajor>().array() - taper.cwiseProduct(plane).sum();
  };
  Eigen::MatrixXd pixels(pan.size(), static_cast<Eigen::Index>(bands.size()));
  for (std::size_t band = 0; band < bands.size(); ++band)
    pixels.col(static_cast<Eigen::Index>(band)) = centred(bands[band]);

  Eigen::MatrixXd normal = pixels.transpose() * weights.asDiagonal() * pixels;
  // Avoids huge weights of opposite signs for flat or nearly equal bands.
  constexpr double ridge = 1e-6;
  normal.diagonal().array() +=
      ridge * normal.trace() / static_cast<double>(pixels.cols()) + std::numeric_limits<double>::min();
  const Eigen::VectorXd mix = pixels * normal.ldlt().solve(pixels.transpose() * weights.asDiagonal() * centred(pan));
  return mix.reshaped<Eigen::RowMajor>(pan.rows(), pan.cols());
}

}  // namespace premix::infer
