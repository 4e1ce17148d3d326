#pragma once

#include <functional>
#include <random>
#include <vector>

#include "premix/autograd/variable.hpp"

namespace premix {

/// How the derivatives of a computation compare with finite differences.
struct GradcheckResult {
  double worst =
      0;  // largest difference, relative to the larger of the directional derivatives met and 1e-3 of the largest one
  std::size_t checked = 0;  // directional derivatives compared
  std::size_t kinks = 0;    // left out: the two step sizes disagree, so the step crossed a kink of a piecewise function
};

struct GradcheckOptions {
  int directions = 4;  // random directions for each input
  double step = 1e-5;  // of the larger of the two central differences; the other takes half of it
  unsigned seed = 1;
};

/// Compares, for each input that requires a gradient, the derivative of the weighted sum of all outputs (random
/// weights) in random directions with central differences of two step sizes, extrapolated. fn computes the outputs from
/// the inputs' present values. In double, where 1e-6 is a fair limit for `worst`. The inputs keep their values; their
/// gradients are overwritten.
GradcheckResult gradcheck(const std::function<std::vector<Variable<double>>()>& fn,
                          std::vector<Variable<double>> inputs, const GradcheckOptions& options = {});

}  // namespace premix
