#pragma once

#include <vector>

#include "infer/shift/phase_correlation.hpp"

namespace premix::infer {

/// The mix of bands that comes nearest to a PAN image by least squares, means aside. All have the taper's size, which
/// weights the pixels.
Plane band_mix(const Plane& pan, const std::vector<Plane>& bands, const Plane& taper);

}  // namespace premix::infer
