#include "premix/metrics/qnr.hpp"

namespace premix {

double qnr(double d_lambda, double d_s) { return (1 - d_lambda) * (1 - d_s); }

}  // namespace premix
