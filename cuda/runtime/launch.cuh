#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "cuda/runtime/check.hpp"
#include "cuda/runtime/scratch.hpp"
#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// Default number of threads per block.
constexpr int block_threads = 256;

PREMIX_HD constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

struct LaunchSize {
  dim3 blocks;
  int threads;
  std::size_t shared_bytes = 0;  // of dynamic_shared_memory()
};

/// Launch size that covers count items, `each` per thread.
inline LaunchSize cover(std::int64_t count, std::int64_t each = 1) {
  return {dim3(static_cast<unsigned>(ceil_div(count, each * block_threads))), block_threads};
}

/// Runs kernel(args) in the order of the device's stream.
template <class Args>
void launch(Cuda device, void (*kernel)(Args), const LaunchSize& size, const Args& args) {
  if (size.shared_bytes > 48 * 1024)  // above 48 KiB, a kernel must opt in
    PREMIX_CUDA_CHECK(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                           cudaFuncAttributeMaxDynamicSharedMemorySize,
                                           static_cast<int>(size.shared_bytes)));
  cudaLaunchConfig_t config{};
  config.gridDim = size.blocks;
  config.blockDim = dim3(static_cast<unsigned>(size.threads));
  config.dynamicSmemBytes = size.shared_bytes;
  config.stream = device.stream;
  PREMIX_CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, args));
}

/// Index of this thread in the grid.
__device__ inline std::int64_t global_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

}  // namespace premix
