#pragma once

#include <cuda_runtime.h>

namespace premix {

/// Shared memory of the block, as one plain struct per kernel. Uninitialised.
template <class Memory>
__device__ __forceinline__ Memory& shared_memory() {
#if defined(__CUDACC__)
  __shared__ Memory memory;
  return memory;
#else
  return *static_cast<Memory*>(shim::static_shared_memory(sizeof(Memory)));
#endif
}

/// Dynamic shared memory of the block, LaunchSize::shared_bytes bytes, 16-byte aligned.
__device__ __forceinline__ unsigned char* dynamic_shared_memory() {
#if defined(__CUDACC__)
  extern __shared__ __align__(16) unsigned char memory[];
  return memory;
#else
  return shim::dynamic_shared_memory();
#endif
}

// Asynchronous copies from global to shared memory. end_copies() completes a group of copies of this thread.
// wait_copies<n>() waits for all groups but the last n. Other threads see the data after a barrier.

/// Starts a copy. bytes: 4, 8 or 16; both addresses must be aligned to it.
template <int bytes>
__device__ __forceinline__ void copy_async(void* shared, const void* global) {
  static_assert(bytes == 4 || bytes == 8 || bytes == 16);
#if defined(__CUDACC__)
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  if constexpr (bytes == 16)  // bypasses the L1 cache: the data is read once
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(global) : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(address), "l"(global), "n"(bytes) : "memory");
#else
  shim::copy_async(shared, global, bytes);
#endif
}

__device__ __forceinline__ void end_copies() {
#if defined(__CUDACC__)
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  shim::end_copies();
#endif
}

template <int n>
__device__ __forceinline__ void wait_copies() {
#if defined(__CUDACC__)
  asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory");
#else
  shim::wait_copies(n);
#endif
}

}  // namespace premix
