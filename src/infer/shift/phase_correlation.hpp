#pragma once

#include <Eigen/Core>

namespace premix::infer {

using Plane = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (rows, columns) of one band

struct CorrelationPeak {
  double dx = 0, dy = 0;  // pixels by which the content of one image lies right of and below the other's
  double height = 0;      // 1 for equal images, about 0.15 at most for unrelated ones, below 0 for reversed contrast
};

/// Correlation of images of one size by the phases of their low frequencies, where sensors alias little.
class PhaseCorrelation {
 public:
  using Spectrum = Eigen::MatrixXcd;  // (frequencies down, frequencies across from 0 on)

  PhaseCorrelation(Eigen::Index rows, Eigen::Index columns);

  /// Hann's window, which takes the images to zero at their borders, with sum 1.
  const Plane& taper() const { return taper_; }

  Spectrum spectrum(const Plane& image) const;

  /// Where moved's content lies, seen from fixed's, at most `largest` pixels along each axis.
  CorrelationPeak peak(const Spectrum& fixed, const Spectrum& moved, double largest) const;

 private:
  Plane taper_;
  Eigen::VectorXd down_, across_;                       // frequencies, cycles per pixel
  Eigen::MatrixXcd transform_down_, transform_across_;  // (frequencies, rows), (columns, frequencies)
  Eigen::MatrixXd weights_;                             // of each frequency
};

}  // namespace premix::infer
