#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "cuda/runtime/check.hpp"
#include "cuda/runtime/scratch.hpp"
#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

namespace premix {

/// The threads of a block, where a kernel has no reason for another number.
constexpr int block_threads = 256;

PREMIX_HD constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

struct LaunchSize {
  dim3 blocks;
  int threads;
  std::size_t shared_bytes = 0;  // of dynamic_shared_memory()
};

/// The blocks that cover count items, `each` in a thread.
inline LaunchSize cover(std::int64_t count, std::int64_t each = 1) {
  return {dim3(static_cast<unsigned>(ceil_div(count, each * block_threads))), block_threads};
}

/// Runs kernel(args) in the order of the device's stream.
template <class Args>
void launch(Cuda device, void (*kernel)(Args), const LaunchSize& size, const Args& args) {
  if (size.shared_bytes > 48 * 1024)  // more than that is given only to those who ask
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

/// The thread's number in the whole grid.
__device__ inline std::int64_t global_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

}  // namespace premix
