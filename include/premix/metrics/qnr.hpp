#pragma once

namespace premix {

/// Quality with no reference (Alparone et al. 2008), 1 is best: (1 - d_lambda) (1 - d_s).
double qnr(double d_lambda, double d_s);

}  // namespace premix
