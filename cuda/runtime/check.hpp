#pragma once

#include <cuda_runtime.h>

namespace premix {

/// Throws a device Error that names the call and says what to do, unless the result is success. Clears the error first:
/// the next call must not meet it again.
void cuda_check(cudaError_t result, const char* call);

}  // namespace premix

/// Every call of the CUDA runtime stands inside one, but in destructors.
#define PREMIX_CUDA_CHECK(call) ::premix::cuda_check((call), #call)
