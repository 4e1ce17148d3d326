#pragma once

#include <vector>

#include "infer/shift/phase_correlation.hpp"

namespace premix::infer {

/// Least-squares mix of bands closest to a PAN image, means removed. pan, bands, taper: one size; the taper weights the
/// pixels.
Plane band_mix(const Plane& pan, const std::vector<Plane>& bands, const Plane& taper);

}  // namespace premix::infer
