#pragma once

#include <Eigen/Core>

namespace premix::infer {

using Plane = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (rows, columns) of one band

struct CorrelationPeak {
  double dx = 0, dy = 0;  // displacement of one image's content to the right and down, pixels
  double height = 0;      // 1 for equal images, at most about 0.15 for unrelated ones, negative for reversed contrast
};

/// Phase correlation of images of one size, at low frequencies only, where sensors alias little.
class PhaseCorrelation {
 public:
  using Spectrum = Eigen::MatrixXcd;  // (frequencies down, non-negative frequencies across)

  PhaseCorrelation(Eigen::Index rows, Eigen::Index columns);

  /// Hann window, normalised to sum 1: tapers the images to zero at their borders.
  const Plane& taper() const { return taper_; }

  Spectrum spectrum(const Plane& image) const;

  /// Displacement of moved relative to fixed, up to `largest` pixels along each axis.
  CorrelationPeak peak(const Spectrum& fixed, const Spectrum& moved, double largest) const;

 private:
  Plane taper_;
  Eigen::VectorXd down_, across_;                       // frequencies, cycles per pixel
  Eigen::MatrixXcd transform_down_, transform_across_;  // (frequencies, rows), (columns, frequencies)
  Eigen::MatrixXd weights_;                             // per frequency
};

}  // namespace premix::infer
