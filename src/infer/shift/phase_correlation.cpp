#include "infer/shift/phase_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace premix::infer {
namespace {

using Complex = std::complex<double>;
constexpr double turn = 2 * std::numbers::pi;
constexpr double highest_frequency = 0.35;  // cycles per pixel; weights fall to zero there

Eigen::VectorXd hann(Eigen::Index size) {
  const Eigen::ArrayXd centres = Eigen::ArrayXd::LinSpaced(size, 0.5, static_cast<double>(size) - 0.5);
  const Eigen::ArrayXd window = 1 - (turn / static_cast<double>(size) * centres).cos();
  return window / window.sum();
}

// exp(sign * 2 pi i * a * b) for each pair.
Eigen::MatrixXcd waves(const Eigen::VectorXd& a, const Eigen::VectorXd& b, double sign) {
  return (a * b.transpose()).unaryExpr([sign](double cycles) { return std::polar(1.0, sign * turn * cycles); });
}

Eigen::VectorXd indices(Eigen::Index size) {
  return Eigen::VectorXd::LinSpaced(size, 0, static_cast<double>(size - 1));
}

// Multiples of one cycle per image, ascending, in cycles per pixel.
Eigen::VectorXd frequencies(Eigen::Index size, bool negative_too) {
  const double most = std::floor(highest_frequency * static_cast<double>(size));
  const auto count = static_cast<Eigen::Index>(negative_too ? 2 * most : most) + 1;
  return Eigen::VectorXd::LinSpaced(count, negative_too ? -most : 0, most) / static_cast<double>(size);
}

// Vertex of the parabola through three equidistant samples, in steps from the middle one.
double vertex(double before, double middle, double after) {
  const double bend = before - 2 * middle + after;
  return bend < 0 ? std::clamp(0.5 * (before - after) / bend, -1.0, 1.0) : 0.0;
}

}  // namespace

PhaseCorrelation::PhaseCorrelation(Eigen::Index rows, Eigen::Index columns)
    : taper_(hann(rows) * hann(columns).transpose()),
      down_(frequencies(rows, true)),
      across_(frequencies(columns, false)),
      transform_down_(waves(down_, indices(rows), -1)),
      transform_across_(waves(indices(columns), across_, -1)),
      weights_(down_.size(), across_.size()) {
  for (Eigen::Index y = 0; y < down_.size(); ++y)
    for (Eigen::Index x = 0; x < across_.size(); ++x) {
      const double frequency = std::hypot(down_(y), across_(x));
      // The taper leaks the mean, which has no phase information, into the neighbours of frequency zero.
      const bool of_the_mean =
          std::abs(down_(y)) * static_cast<double>(rows) < 1.5 && across_(x) * static_cast<double>(columns) < 1.5;
      const double roll_off =
          frequency < highest_frequency ? 0.5 + 0.5 * std::cos(0.5 * turn * frequency / highest_frequency) : 0;
      // Column across = 0 holds both signs of each frequency, the other columns one.
      weights_(y, x) = of_the_mean ? 0 : (x == 0 ? 0.5 : 1) * roll_off;
    }
}

PhaseCorrelation::Spectrum PhaseCorrelation::spectrum(const Plane& image) const {
  const double mean = taper_.cwiseProduct(image).sum();
  const Plane tapered = (image.array() - mean) * taper_.array();
  return transform_down_ * (tapered * transform_across_);
}

CorrelationPeak PhaseCorrelation::peak(const Spectrum& fixed, const Spectrum& moved, double largest) const {
  constexpr double rounding = 1e-18;  // squared, for images of about [0, 1]: flat images have no frequencies
  constexpr double step = 0.25;       // pixels; the correlation is smooth to twice the highest frequency

  Spectrum phases(fixed.rows(), fixed.cols());
  for (Eigen::Index i = 0; i < phases.size(); ++i) {
    const Complex cross = std::conj(fixed(i)) * moved(i);
    const double size = std::abs(cross);
    phases(i) = size > rounding ? weights_(i) * cross / size : Complex(0);
  }

  const auto half = static_cast<Eigen::Index>(std::ceil(largest / step)) + 1;
  const Eigen::VectorXd places =
      step * Eigen::VectorXd::LinSpaced(2 * half + 1, -static_cast<double>(half), static_cast<double>(half));
  Plane surface = (waves(places, down_, 1) * phases * waves(across_, places, 1)).real() / weights_.sum();

  Eigen::Index y = 0, x = 0;
  surface.cwiseAbs().block(1, 1, 2 * half - 1, 2 * half - 1).maxCoeff(&y, &x);
  ++y;
  ++x;
  const double height = surface(y, x);
  if (height < 0) surface = -surface;
  return {.dx = places(x) + step * vertex(surface(y, x - 1), surface(y, x), surface(y, x + 1)),
          .dy = places(y) + step * vertex(surface(y - 1, x), surface(y, x), surface(y + 1, x)),
          .height = height};
}

}  // namespace premix::infer
