#pragma once

#include <string>

namespace premix {

/// Returns whether code for the architectures runs on a GPU. architectures: in the notation of CMAKE_CUDA_ARCHITECTURES
/// ("80-real;90"). capability: compute capability (89 for sm_89). Machine code runs on its own version and later ones
/// of the same generation. The driver compiles virtual code for all later versions. Code for "90a" runs only on that
/// version, code for "100f" only on that generation. Names ("native", "all") are assumed to fit.
bool architectures_fit(const std::string& architectures, int capability);

}  // namespace premix
