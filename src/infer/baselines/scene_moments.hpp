#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "premix/infer/scene_source.hpp"

namespace premix::infer {

/// Running mean and covariance of vectors.
struct Moments {
  std::int64_t count = 0;
  Eigen::VectorXd mean;
  Eigen::MatrixXd products;  // sums of products of deviations from the mean

  explicit Moments(Eigen::Index size)
      : mean(Eigen::VectorXd::Zero(size)), products(Eigen::MatrixXd::Zero(size, size)) {}

  /// Merges other moments (Chan, Golub and LeVeque 1983).
  void add(const Moments& more);
  Eigen::MatrixXd covariance() const { return products / static_cast<double>(count); }
};

/// Moments over the scene's MS pixels: the bands, then per gain the PAN sampled by the MTF with that gain.
/// classical_fusion() defines the pixels that count. Rows are summed in a fixed order: bit-identical for any number of
/// threads. Throws a data Error if no pixel counts.
Moments scene_moments(const SceneSource& source, const std::vector<double>& gains);

}  // namespace premix::infer
