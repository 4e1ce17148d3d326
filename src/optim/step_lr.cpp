#include "premix/optim/step_lr.hpp"

#include <cmath>

namespace premix {

double StepLr::at(int epoch) const { return initial * std::pow(gamma, epoch / step_size); }

}  // namespace premix
