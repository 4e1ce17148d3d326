#pragma once

#include <array>
#include <cstdint>

#include "premix/nn/premix.hpp"

namespace premix::infer {

/// One value per sub-model, in the order of sub_model_order.
using SubModelReach = std::array<std::int64_t, sub_model_order.size()>;

/// Receptive fields of the nine sub-models: full-size pixels by which the images of a sub-model must extend beyond the
/// wanted pixels of the last one. Its results are then valid where needed. Walks the modules back from the last
/// convolution.
SubModelReach sub_model_reach(const PreMix<float>& model);

/// Receptive field of a fused pixel, without contrast equalisation. Includes one pixel for the high-pass filter.
std::int64_t network_reach(const PreMix<float>& model);

/// Warm-up rows of NetworkRows above the wanted ones for bit-identical output. Covers the inputs of all tiles that its
/// convolutions compute, which exceed the receptive field. A multiple of 16.
std::int64_t network_warm_up(const PreMix<float>& model);

}  // namespace premix::infer
