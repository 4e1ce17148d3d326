#pragma once

#include <array>
#include <cstdint>

#include "premix/nn/premix.hpp"

namespace premix::infer {

/// One number for each sub-model, in the order of sub_model_order.
using SubModelReach = std::array<std::int64_t, sub_model_order.size()>;

/// How far the nine sub-models see: a sub-model's results are needed, and right, where
/// its own images reach so many pixels of the full size beyond the pixels that are wanted of the last one. Walks the
/// modules from the last convolution back.
SubModelReach sub_model_reach(const PreMix<float>& model);

/// How far a fused pixel sees at all, contrast equalisation apart: the high-pass images see one pixel further than they
/// are seen.
std::int64_t network_reach(const PreMix<float>& model);

/// From how many rows above those wanted NetworkRows must begin so that they get the bits that they have when it begins
/// at the first row: all that the tiles see of which its convolutions compute the results, which is more than the
/// results depend on. A multiple of 16.
std::int64_t network_warm_up(const PreMix<float>& model);

}  // namespace premix::infer
