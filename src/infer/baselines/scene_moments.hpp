#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "premix/infer/scene_source.hpp"

namespace premix::infer {

/// Mean and covariance of vectors, of which more may come.
struct Moments {
  std::int64_t count = 0;
  Eigen::VectorXd mean;
  Eigen::MatrixXd products;  // sums of products of what the elements have more than their means

  explicit Moments(Eigen::Index size)
      : mean(Eigen::VectorXd::Zero(size)), products(Eigen::MatrixXd::Zero(size, size)) {}

  /// As if all had come to one (Chan, Golub and LeVeque 1983).
  void add(const Moments& more);
  Eigen::MatrixXd covariance() const { return products / static_cast<double>(count); }
};

/// Over the scene's MS pixels: the bands, then for each gain the PAN sampled by the MTF with that gain.
/// classical_fusion() says which pixels count. Rows are summed one by one and in one order, so that the bits do not
/// depend on threads. Throws a data Error where none counts.
Moments scene_moments(const SceneSource& source, const std::vector<double>& gains);

}  // namespace premix::infer
