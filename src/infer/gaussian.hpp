#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "premix/core/axis.hpp"

namespace premix::infer {

/// Gaussian weights around `centre`, one per pixel, sum 1.
inline std::vector<double> gaussian_weights(double centre, double sigma, Span pixels) {
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = pixels.begin; i < pixels.end; ++i) {
    const double distance = (static_cast<double>(i) - centre) / sigma;
    weights.push_back(std::exp(-0.5 * distance * distance));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace premix::infer
