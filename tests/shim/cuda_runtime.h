#pragma once

// Simulates the CUDA runtime on the CPU. With this folder before the toolkit's on the include path, the files of cuda/
// compile as C++ and their kernels run on the CPU. A thread is a fiber. Blocks run one after another. The shim detects
// these errors of kernels:
//   missing barrier: PREMIX_SHIM_ORDER sets the order of threads and blocks (forward, backward, shuffled), and shared
//     memory starts as NaN
//   divergent barriers: exception
//   access out of bounds, or to device memory from the host: AddressSanitizer, with the line
//   misaligned access of 16 bytes: UndefinedBehaviorSanitizer, with the line
//   missing wait for a copy: the copy arrives no earlier than the wait
//   missing wait for a stream: work of a stream, except the default one, runs only at a wait for the stream or for a
//     later event
// Times are meaningless.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <source_location>
#include <vector>

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
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
};
enum cudaStreamCaptureMode {
  cudaStreamCaptureModeGlobal,
  cudaStreamCaptureModeThreadLocal,
  cudaStreamCaptureModeRelaxed
};
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusNone, cudaStreamCaptureStatusActive };
enum { cudaEventBlockingSync = 1, cudaEventDisableTiming = 2 };
enum cudaMemcpyKind { cudaMemcpyDefault };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
enum cudaDeviceAttr { cudaDevAttrMaxSharedMemoryPerBlockOptin };
enum cudaMemPoolAttr {
  cudaMemPoolAttrReleaseThreshold,
  cudaMemPoolAttrReservedMemCurrent,
  cudaMemPoolAttrUsedMemCurrent
};
enum { cudaMemAllocationTypePinned, cudaMemLocationTypeDevice, cudaStreamNonBlocking };
struct CUstream_st {
  std::recursive_mutex mutex;                 // guards the members below
  std::deque<std::function<void()>> pending;  // submitted and not yet run
  std::uint64_t done = 0;                     // number of completed items
  std::vector<std::function<void()>> captured;
  bool capturing = false, invalidated = false;
};
struct CUevent_st {
  CUstream_st* stream = nullptr;
  std::uint64_t after = 0;  // number of items of the stream to wait for
};
struct CUgraph_st {
  std::vector<std::function<void()>> nodes;
};
struct CUgraphExec_st {
  std::vector<std::function<void()>> nodes;
};
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
using cudaGraph_t = CUgraph_st*;
using cudaGraphExec_t = CUgraphExec_st*;
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

/// Properties of the simulated GPUs. Tests of messages change them.
struct Machine {
  int driver = 13000, runtime = 13000, gpus = 1, major = 9, minor = 0;
  std::size_t memory_bytes = std::size_t{1} << 32;
};
Machine& machine();

/// Submits work to a stream. The default stream runs it at once, other streams later. During capture, the work joins
/// the graph and runs at every launch.
void submit(cudaStream_t stream, std::function<void()> work);
void launch(const cudaLaunchConfig_t& config, const std::function<void()>& kernel);
void* static_shared_memory(std::size_t bytes);
unsigned char* dynamic_shared_memory();
void copy_async(void* to, const void* from, int bytes);
void end_copies();
void wait_copies(int but);
void block_barrier(std::source_location where);

/// Shows value (at most 64 bytes) to the warp. All lanes call give() and taken(). Between the two, given_by() returns
/// the value of a lane.
void give(const void* value, std::size_t bytes, std::source_location where = std::source_location::current());
const void* given_by(unsigned lane);
void taken(std::source_location where = std::source_location::current());

/// Gives value to the warp and replaces it by the value of another lane.
void exchange(void* value, std::size_t bytes, unsigned lane, std::source_location where);

/// Aborts if an access of so many bytes is misaligned, as a GPU would.
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
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  shim::submit(config->stream, [=, size = *config] { shim::launch(size, [=] { kernel(arguments...); }); });
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
cudaError_t cudaMemcpyPeerAsync(void* to, int to_index, const void* from, int from_index, std::size_t bytes,
                                cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags = 0);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaMalloc(void** block, std::size_t bytes);
cudaError_t cudaFree(void* block);
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
