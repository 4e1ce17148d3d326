#pragma once

#include <cuda_runtime.h>

namespace premix {

/// Throws a device Error with the call and a remedy, unless the result is success. Clears the error first, so that the
/// next call does not report it again.
void cuda_check(cudaError_t result, const char* call);

}  // namespace premix

/// Checks a call of the CUDA runtime. Wraps every call, except in destructors.
#define PREMIX_CUDA_CHECK(call) ::premix::cuda_check((call), #call)
