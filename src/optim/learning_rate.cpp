#include "premix/optim/learning_rate.hpp"

#include <cmath>
#include <numbers>

namespace premix {

double StepLr::at(int epoch) const { return initial * std::pow(gamma, epoch / step_size); }

double CosineLr::at(int epoch) const {
  const double passed = epochs > 1 ? static_cast<double>(epoch) / (epochs - 1) : 0;
  return initial * (least + (1 - least) * 0.5 * (1 + std::cos(std::numbers::pi * passed)));
}

}  // namespace premix
