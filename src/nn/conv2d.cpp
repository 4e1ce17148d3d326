#include "premix/nn/conv2d.hpp"

#include <cmath>

namespace premix {

double detail::initial_bound(std::int64_t fan_in) { return 1 / std::sqrt(static_cast<double>(fan_in)); }

}  // namespace premix
