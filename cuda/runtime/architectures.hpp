#pragma once

#include <string>

namespace premix {

/// Whether code for the architectures, as CMAKE_CUDA_ARCHITECTURES lists them ("80-real;90"), runs on a GPU of a
/// compute capability (89 for sm_89). Machine code runs on its own generation from its own version on; virtual code is
/// compiled by the driver for all that came after. Code for "90a" runs on that version alone, code for "100f" on that
/// generation alone. A list in words ("native", "all") is taken as one that fits.
bool architectures_fit(const std::string& architectures, int capability);

}  // namespace premix
