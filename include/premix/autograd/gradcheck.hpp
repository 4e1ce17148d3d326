#pragma once

#include <functional>
#include <random>
#include <vector>

#include "premix/autograd/variable.hpp"

namespace premix {

/// Result of a comparison of derivatives with finite differences.
struct GradcheckResult {
  double worst = 0;         // largest difference, relative to max(derivative, 1e-3 of the largest derivative)
  std::size_t checked = 0;  // number of directional derivatives compared
  std::size_t kinks = 0;    // number skipped: the step sizes disagree, so the function has a kink within the step
};

struct GradcheckOptions {
  int directions = 4;  // random directions per input
  double step = 1e-5;  // larger of the two central-difference steps; the other is half of it
  unsigned seed = 1;
};

/// Compares derivatives with central differences, for every input that requires a gradient. The function differentiated
/// is the sum of all outputs with random weights. Each derivative is taken in random directions. Differences of two
/// step sizes are extrapolated. fn computes the outputs from the current input values. Runs in double; 1e-6 is a fair
/// limit for `worst`. Input values are kept, their gradients overwritten.
GradcheckResult gradcheck(const std::function<std::vector<Variable<double>>()>& fn,
                          std::vector<Variable<double>> inputs, const GradcheckOptions& options = {});

}  // namespace premix
