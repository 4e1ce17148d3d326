#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "device_memory.hpp"

namespace shim {
namespace {

std::map<void*, std::size_t> blocks;  // device memory, by address
std::recursive_mutex mutex;
std::map<void*, std::size_t> pinned;  // page-locked memory, by address
std::vector<CUstream_st*> streams;
// Bytes in use, those of them outside the pool, and the largest size of the pool.
std::size_t used, outside, reserved;
thread_local int current_device, captures;  // captures: begun by this thread and not yet ended
thread_local cudaStreamCaptureMode capture_mode = cudaStreamCaptureModeGlobal;

bool lies_in(const std::map<void*, std::size_t>& memory, const void* address) {
  const std::lock_guard lock(mutex);
  auto after = memory.upper_bound(const_cast<void*>(address));
  if (after == memory.begin()) return false;
  --after;
  return static_cast<const unsigned char*>(address) < static_cast<const unsigned char*>(after->first) + after->second;
}

// Returns whether the address is in pageable host memory. Copies from and to such memory are not asynchronous.
bool is_pageable(const void* address) { return !lies_in(blocks, address) && !lies_in(pinned, address); }

// Runs the work submitted to a stream, up to its first `count` items.
void finish(CUstream_st* stream, std::uint64_t count = UINT64_MAX) {
  if (stream == nullptr) return;
  const std::lock_guard lock(stream->mutex);
  while (stream->done < count && !stream->pending.empty()) {
    const auto work = std::move(stream->pending.front());
    stream->pending.pop_front();
    ++stream->done;
    work();
  }
}

bool is_capturing(CUstream_st* stream) { return stream != nullptr && stream->capturing; }

// Refuses a call that capture does not allow, and invalidates the capture.
cudaError_t refused(CUstream_st* stream) {
  stream->invalidated = true;
  return cudaErrorStreamCaptureUnsupported;
}

// A capturing thread may not wait or map memory, except in relaxed mode.
bool may_not_wait() { return captures > 0 && capture_mode != cudaStreamCaptureModeRelaxed; }

cudaError_t new_block(void** block, std::size_t bytes) {
  const std::lock_guard lock(mutex);
  if (bytes > machine().memory_bytes - used || posix_memalign(block, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  used += bytes;
  std::memset(*block, 0xff, bytes);
  ASAN_POISON_MEMORY_REGION(*block, bytes);
  blocks[*block] = bytes;
  return cudaSuccess;
}

std::size_t end_block(void* block) {
  const std::lock_guard lock(mutex);
  const auto found = blocks.find(block);
  const std::size_t bytes = found->second;
  used -= bytes;
  ASAN_UNPOISON_MEMORY_REGION(block, bytes);
  blocks.erase(found);
  std::free(block);
  return bytes;
}

void copy(void* to, const void* from, std::size_t bytes) {
  const DeviceMemoryAccess access;
  std::memcpy(to, from, bytes);
}

}  // namespace

void submit(cudaStream_t stream, std::function<void()> work) {
  if (stream == nullptr) return work();
  const std::lock_guard lock(stream->mutex);
  if (stream->capturing)
    stream->captured.push_back(std::move(work));
  else
    stream->pending.push_back(std::move(work));
}

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
cudaError_t cudaGetDevice(int* index) {
  *index = current_device;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int index) {
  current_device = index;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"CPU that plays a GPU", machine().major, machine().minor, 1};
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 227 * 1024;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = machine().driver;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = machine().runtime;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
const char* cudaGetErrorString(cudaError_t) { return "an error of the shim"; }
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = machine().memory_bytes;
  *free = *total > used ? *total - used : 0;
  return cudaSuccess;
}
cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps*) {
  *pool = nullptr;
  return cudaSuccess;
}
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr attribute, void* value) {
  *static_cast<std::uint64_t*>(value) = attribute == cudaMemPoolAttrUsedMemCurrent ? used - outside : reserved;
  return cudaSuccess;
}
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) {
  reserved = used - outside;
  return cudaSuccess;
}
cudaError_t cudaMallocFromPoolAsync(void** block, std::size_t bytes, cudaMemPool_t, cudaStream_t stream) {
  if (is_capturing(stream)) return refused(stream);
  const std::lock_guard lock(mutex);
  const cudaError_t result = new_block(block, bytes);
  reserved = std::max(reserved, used - outside);
  return result;
}
cudaError_t cudaFreeAsync(void* block, cudaStream_t stream) {
  if (is_capturing(stream)) return refused(stream);
  submit(stream, [block] { end_block(block); });
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** block, std::size_t bytes) {
  if (may_not_wait()) return cudaErrorStreamCaptureUnsupported;
  const std::lock_guard lock(mutex);
  const cudaError_t result = new_block(block, bytes);
  if (result == cudaSuccess) outside += bytes;
  return result;
}
cudaError_t cudaFree(void* block) {
  if (const cudaError_t result = cudaDeviceSynchronize(); result != cudaSuccess) return result;
  const std::lock_guard lock(mutex);
  outside -= end_block(block);
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** block, std::size_t bytes) {
  if (may_not_wait()) return cudaErrorStreamCaptureUnsupported;
  *block = std::malloc(bytes);
  const std::lock_guard lock(mutex);
  pinned[*block] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* block) {
  const std::lock_guard lock(mutex);
  pinned.erase(block);
  std::free(block);
  return cudaSuccess;
}

// Bytes from pageable memory are taken before the call returns. Bytes to pageable memory have arrived by then.
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  if (is_pageable(from)) {
    if (is_capturing(stream)) return refused(stream);
    const auto* begin = static_cast<const unsigned char*>(from);
    submit(stream, [to, taken = std::vector(begin, begin + bytes)] { copy(to, taken.data(), taken.size()); });
  } else {
    if (is_pageable(to) && is_capturing(stream)) return refused(stream);
    submit(stream, [=] { copy(to, from, bytes); });
    if (is_pageable(to)) finish(stream);
  }
  return cudaSuccess;
}
cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, std::size_t bytes, cudaStream_t stream) {
  return cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream);
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  submit(stream, [=] {
    const DeviceMemoryAccess access;
    std::memset(to, value, bytes);
  });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  const std::lock_guard lock(mutex);
  streams.push_back(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (is_capturing(stream)) return refused(stream);
  finish(stream);
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  if (may_not_wait()) return cudaErrorStreamCaptureUnsupported;
  std::vector<CUstream_st*> all;
  {
    const std::lock_guard lock(mutex);
    all = streams;
  }
  for (CUstream_st* stream : all) finish(stream);
  return cudaSuccess;
}

// An event stores how much work its stream had received. The shim does not capture events.
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (is_capturing(stream)) return refused(stream);
  *event = {stream, 0};
  if (stream == nullptr) return cudaSuccess;
  const std::lock_guard lock(stream->mutex);
  event->after = stream->done + stream->pending.size();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  finish(event->stream, event->after);
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (is_capturing(stream)) return refused(stream);
  submit(stream, [mark = *event] { finish(mark.stream, mark.after); });
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  *status = is_capturing(stream) ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  std::swap(*mode, capture_mode);
  return cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream == nullptr || stream->capturing) return cudaErrorStreamCaptureUnsupported;
  stream->capturing = true;
  stream->invalidated = false;
  ++captures;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  stream->capturing = false;
  --captures;
  auto captured = std::exchange(stream->captured, {});
  *graph = stream->invalidated ? nullptr : new CUgraph_st{std::move(captured)};
  return stream->invalidated ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new CUgraphExec_st{graph->nodes};
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  for (const auto& node : exec->nodes) submit(stream, node);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}
