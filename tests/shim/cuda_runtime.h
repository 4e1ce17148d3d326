#pragma once

// Stands in for CUDA where there is none: with this folder before the toolkit's on the include path, the files of cuda/ compile as plain
// C++, and their kernels run on the CPU. A thread is a fiber; blocks run one after another. What a kernel gets wrong shows as follows:
//   a missing barrier        the threads and blocks run in the order that PREMIX_SHIM_ORDER says (forward, backward, shuffled), and shared
//                            memory begins as NaN
//   a barrier that not all threads reach, or different ones     an exception
//   a read or write out of bounds, or of device memory from the host      AddressSanitizer, with the line
//   a misaligned access of 16 bytes      UndefinedBehaviorSanitizer, with the line
//   a copy that is not waited for        it arrives no earlier than the wait
// Times mean nothing here.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorNoKernelImageForDevice = 209,
};
enum cudaMemcpyKind { cudaMemcpyDefault };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaDeviceAttr { cudaDevAttrMaxSharedMemoryPerBlockOptin };
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold, cudaMemPoolAttrReservedMemCurrent, cudaMemPoolAttrUsedMemCurrent };
enum { cudaMemAllocationTypePinned, cudaMemLocationTypeDevice, cudaStreamNonBlocking };
struct CUstream_st {};
using cudaStream_t = CUstream_st*;
using cudaMemPool_t = struct CUmemPool_st*;
struct cudaMemPoolProps {
  int allocType;
  struct {
    int type, id;
  } location;
};
struct cudaDeviceProp {
  char name[256];
  int major, minor, multiProcessorCount;
};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
};

namespace shim {

/// What the pretended GPUs are like. Tests of messages change it.
struct Machine {
  int driver = 13000, runtime = 13000, gpus = 1, major = 9, minor = 0;
  std::size_t memory_bytes = std::size_t{1} << 32;
};
Machine& machine();

void launch(const cudaLaunchConfig_t& config, const std::function<void()>& kernel);
void* static_shared_memory(std::size_t bytes);
unsigned char* dynamic_shared_memory();
void copy_async(void* to, const void* from, int bytes);
void end_copies();
void wait_copies(int but);
void block_barrier(std::source_location where);

/// Shows value (at most 64 bytes) to the warp: from give() to taken(), which all lanes call, given_by() finds that of each lane.
void give(const void* value, std::size_t bytes, std::source_location where = std::source_location::current());
const void* given_by(unsigned lane);
void taken(std::source_location where = std::source_location::current());

/// Gives value to the warp and takes that of another lane.
void exchange(void* value, std::size_t bytes, unsigned lane, std::source_location where);

/// Ends the program where an address does not fit an access of so many bytes, as a GPU would.
void require_aligned(const void* address, unsigned bytes);

}  // namespace shim

extern dim3 threadIdx, blockIdx, blockDim, gridDim;  // of the running thread

inline void __syncthreads(std::source_location where = std::source_location::current()) { shim::block_barrier(where); }

template <class T>
T __shfl_xor_sync(unsigned, T value, int distance, std::source_location where = std::source_location::current()) {
  shim::exchange(&value, sizeof(T), (threadIdx.x % 32) ^ static_cast<unsigned>(distance), where);
  return value;
}
inline void __syncwarp(unsigned = 0xffffffffu, std::source_location where = std::source_location::current()) {
  int nothing = 0;
  shim::exchange(&nothing, sizeof nothing, threadIdx.x % 32, where);
}
inline int atomicAdd(int* to, int value) {
  const int before = *to;
  *to += value;
  return before;
}

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...), Arguments&&... arguments) {
  shim::launch(*config, [=] { kernel(arguments...); });
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDevice(int* index);
cudaError_t cudaSetDevice(int index);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int index);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int index);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaGetLastError();
const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties);
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value);
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, std::size_t keep);
cudaError_t cudaMallocFromPoolAsync(void** block, std::size_t bytes, cudaMemPool_t pool, cudaStream_t stream);
cudaError_t cudaFreeAsync(void* block, cudaStream_t stream);
cudaError_t cudaMallocHost(void** block, std::size_t bytes);
cudaError_t cudaFreeHost(void* block);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemcpyPeerAsync(void* to, int to_index, const void* from, int from_index, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
