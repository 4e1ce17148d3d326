#pragma once

#include <vector>

#include "premix/infer/baselines/classical.hpp"

namespace premix::infer {

/// ClassicalMethod::mtf_glp. mtf_gains: one per band.
BlockFusion mtf_glp_fusion(const SceneSource& source, const std::vector<double>& mtf_gains);

}  // namespace premix::infer
