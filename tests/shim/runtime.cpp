#include <sanitizer/asan_interface.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "device_memory.hpp"

namespace shim {
namespace {

std::map<void*, std::size_t> blocks;  // device memory, by address
std::recursive_mutex mutex;
std::size_t used, reserved;
thread_local int current_device;

}  // namespace

Machine& machine() {
  static Machine machine;
  return machine;
}

DeviceMemoryAccess::DeviceMemoryAccess() {
  mutex.lock();
  for (const auto& [block, bytes] : blocks) ASAN_UNPOISON_MEMORY_REGION(block, bytes);
}

DeviceMemoryAccess::~DeviceMemoryAccess() {
  for (const auto& [block, bytes] : blocks) ASAN_POISON_MEMORY_REGION(block, bytes);
  mutex.unlock();
}

}  // namespace shim

using namespace shim;

cudaError_t cudaGetDeviceCount(int* count) {
  if (machine().driver < machine().runtime) return cudaErrorInsufficientDriver;
  *count = machine().gpus;
  return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}
cudaError_t cudaGetDevice(int* index) { return *index = current_device, cudaSuccess; }
cudaError_t cudaSetDevice(int index) { return current_device = index, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"CPU that plays a GPU", machine().major, machine().minor, 1};
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) { return *value = 227 * 1024, cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) { return *version = machine().driver, cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = machine().runtime, cudaSuccess; }
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
const char* cudaGetErrorString(cudaError_t) { return "an error of the shim"; }
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = machine().memory_bytes;
  *free = *total > used ? *total - used : 0;
  return cudaSuccess;
}
cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps*) { return *pool = nullptr, cudaSuccess; }
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void* value) {
  return *static_cast<std::uint64_t*>(value) = attribute == cudaMemPoolAttrUsedMemCurrent ? used : reserved, cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return reserved = used, cudaSuccess; }
cudaError_t cudaMallocFromPoolAsync(void** block, std::size_t bytes, cudaMemPool_t, cudaStream_t) {
  const std::lock_guard lock(mutex);
  if (bytes > machine().memory_bytes - used || posix_memalign(block, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  used += bytes;
  if (reserved < used) reserved = used;
  std::memset(*block, 0xff, bytes);
  ASAN_POISON_MEMORY_REGION(*block, bytes);
  blocks[*block] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeAsync(void* block, cudaStream_t) {
  const std::lock_guard lock(mutex);
  const auto found = blocks.find(block);
  used -= found->second;
  ASAN_UNPOISON_MEMORY_REGION(block, found->second);
  blocks.erase(found);
  std::free(block);
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** block, std::size_t bytes) { return *block = std::malloc(bytes), cudaSuccess; }
cudaError_t cudaFreeHost(void* block) { return std::free(block), cudaSuccess; }
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t) {
  const DeviceMemoryAccess access;
  return std::memcpy(to, from, bytes), cudaSuccess;
}
cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, std::size_t bytes, cudaStream_t stream) {
  return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream);
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t) {
  const DeviceMemoryAccess access;
  return std::memset(to, value, bytes), cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) { return *stream = new CUstream_st, cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
