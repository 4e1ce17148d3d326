#include <algorithm>
#include <map>
#include <mutex>

#include "core/pool.hpp"
#include "cuda/runtime/check.hpp"
#include "cuda/runtime/graph_memory.hpp"
#include "premix/core/cuda.hpp"

namespace premix::core {
namespace {

// Returns premix's own pool of a GPU. It keeps freed memory. Other libraries may use the device's default pool.
cudaMemPool_t memory_pool(int index) {
  static std::mutex mutex;
  static auto* pools = new std::map<int, cudaMemPool_t>;
  const std::lock_guard lock(mutex);
  const auto found = pools->find(index);
  if (found != pools->end()) return found->second;
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {cudaMemLocationTypeDevice, {index}};
  cudaMemPool_t pool = nullptr;
  PREMIX_CUDA_CHECK(cudaMemPoolCreate(&pool, &properties));
  std::uint64_t keep_all = UINT64_MAX;
  PREMIX_CUDA_CHECK(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep_all));
  return pools->emplace(index, pool).first->second;
}

std::size_t pool_bytes(int index, cudaMemPoolAttr attribute) {
  std::uint64_t bytes = 0;
  PREMIX_CUDA_CHECK(cudaMemPoolGetAttribute(memory_pool(index), attribute, &bytes));
  return bytes;
}

// Asynchronous if the host memory is page-locked.
void copy_on_stream(Cuda device, void* to, const void* from, std::size_t bytes) {
  PREMIX_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, device.stream));
}

// A device cannot be synchronised while its stream is captured.
bool is_captured(Cuda device) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  PREMIX_CUDA_CHECK(cudaStreamIsCapturing(device.stream, &status));
  return status != cudaStreamCaptureStatusNone;
}

}  // namespace

void* allocate(Cuda device, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* block = nullptr;
  const auto attempt = [&] {
    if (const auto result = allocate_in_graph(device, bytes, &block)) return *result;
    return cudaMallocFromPoolAsync(&block, bytes, memory_pool(device.index), device.stream);
  };
  cudaError_t result = attempt();
  // Retry after a release: memory may be cached in pieces, or not yet freed in other streams.
  if (result == cudaErrorMemoryAllocation && !is_captured(device)) {
    cudaGetLastError();
    release(device);
    result = attempt();
  }
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    const CudaDeviceInfo info = cuda_device_info(device.index);
    fail(ErrorKind::device, "out of memory on cuda:", device.index, ": ", bytes, " bytes requested, ", info.free_bytes,
         " free of ", info.memory_bytes, ", ", use(device).in_use, " in use here. Use smaller batches or images.");
  }
  PREMIX_CUDA_CHECK(result);
  return block;
}

void deallocate(Cuda device, void* block, std::size_t) noexcept {
  if (block != nullptr && !deallocate_in_graph(device, block) && cudaFreeAsync(block, device.stream) != cudaSuccess)
    cudaGetLastError();
}

void zero(Cuda device, void* to, std::size_t bytes) { PREMIX_CUDA_CHECK(cudaMemsetAsync(to, 0, bytes, device.stream)); }

// Another thread may allocate between the two queries. All memory of a graph counts as in use.
MemoryUse use(Cuda device) {
  const std::size_t used = pool_bytes(device.index, cudaMemPoolAttrUsedMemCurrent);
  return {used + graph_memory_bytes(device.index),
          std::max(pool_bytes(device.index, cudaMemPoolAttrReservedMemCurrent), used) - used};
}

void release(Cuda device) {
  PREMIX_CUDA_CHECK(cudaDeviceSynchronize());
  PREMIX_CUDA_CHECK(cudaMemPoolTrimTo(memory_pool(device.index), 0));
}

void copy(Cpu, void* to, Cuda device, const void* from, std::size_t bytes) {
  copy_on_stream(device, to, from, bytes);
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(device.stream));
}

// Synchronises, so the caller may overwrite the source on return, even if it is page-locked.
void copy(Cuda device, void* to, Cpu, const void* from, std::size_t bytes) {
  copy_on_stream(device, to, from, bytes);
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(device.stream));
}

// Within a GPU, ordered in its stream. Between GPUs, synchronous, and by cudaMemcpyPeerAsync: pool memory of another
// GPU is not accessible otherwise.
void copy(Cuda to_device, void* to, Cuda from_device, const void* from, std::size_t bytes) {
  if (to_device.index == from_device.index) return copy_on_stream(to_device, to, from, bytes);
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(from_device.stream));
  const detail::CudaScope scope(cuda(to_device.index));
  PREMIX_CUDA_CHECK(cudaMemcpyPeerAsync(to, to_device.index, from, from_device.index, bytes, to_device.stream));
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(to_device.stream));
}

}  // namespace premix::core

namespace premix {

PinnedBuffer::PinnedBuffer(std::size_t bytes) : data_(nullptr), bytes_(bytes) {
  PREMIX_CHECK(bytes > 0, "PinnedBuffer: 0 bytes requested");
  if (cuda_device_count() == 0) fail(ErrorKind::device, "PinnedBuffer of ", bytes, " bytes: ", cuda_problem());
  const cudaError_t result = cudaMallocHost(&data_, bytes);
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    fail(ErrorKind::device, "PinnedBuffer: out of page-locked memory, ", bytes,
         " bytes requested. Use smaller batches or images.");
  }
  PREMIX_CUDA_CHECK(result);
}

PinnedBuffer::~PinnedBuffer() {
  if (cudaFreeHost(data_) != cudaSuccess) cudaGetLastError();
}

void copy_bytes_async(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes) {
  const bool from_gpu = from_device.kind == Device::Kind::cuda, to_gpu = to_device.kind == Device::Kind::cuda;
  PREMIX_CHECK(from_gpu != to_gpu, "copy_bytes_async: from ", from_device, " to ", to_device,
               ". One must be the CPU and one a GPU.");
  if (bytes == 0) return;
  const detail::CudaScope scope(to_gpu ? to_device : from_device);
  PREMIX_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, scope.tag().stream));
}

}  // namespace premix
