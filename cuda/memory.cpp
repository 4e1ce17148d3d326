#include <map>
#include <mutex>

#include "cuda/check.hpp"
#include "pool.hpp"
#include "premix/core/cuda.hpp"

namespace premix::pool {
namespace {

// A pool of our own for each GPU, which keeps what is freed. The device's default pool is left to others.
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

// Does not wait where the host's memory is page-locked.
void copy_on_stream(Cuda device, void* to, const void* from, std::size_t bytes) {
  PREMIX_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, device.stream));
}

}  // namespace

void* allocate(Cuda device, std::size_t bytes) {
  void* block = nullptr;
  cudaError_t result = cudaMallocFromPoolAsync(&block, bytes, memory_pool(device.index), device.stream);
  if (result == cudaErrorMemoryAllocation) {  // memory that waits in other streams, or in pieces, may be what is missing
    cudaGetLastError();
    release(device);
    result = cudaMallocFromPoolAsync(&block, bytes, memory_pool(device.index), device.stream);
  }
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    const CudaDeviceInfo info = cuda_device_info(device.index);
    fail(ErrorKind::device, "out of memory on cuda:", device.index, ": ", bytes, " bytes asked, ", info.free_bytes, " free of ",
         info.memory_bytes, ", ", use(device).in_use, " in use here; use smaller batches or images");
  }
  PREMIX_CUDA_CHECK(result);
  return block;
}

void deallocate(Cuda device, void* block, std::size_t) noexcept { cudaFreeAsync(block, device.stream); }

void zero(Cuda device, void* to, std::size_t bytes) { PREMIX_CUDA_CHECK(cudaMemsetAsync(to, 0, bytes, device.stream)); }

MemoryUse use(Cuda device) {
  const std::size_t used = pool_bytes(device.index, cudaMemPoolAttrUsedMemCurrent);
  return {used, pool_bytes(device.index, cudaMemPoolAttrReservedMemCurrent) - used};
}

void release(Cuda device) {
  PREMIX_CUDA_CHECK(cudaDeviceSynchronize());
  PREMIX_CUDA_CHECK(cudaMemPoolTrimTo(memory_pool(device.index), 0));
}

void copy(Cpu, void* to, Cuda device, const void* from, std::size_t bytes) {
  copy_on_stream(device, to, from, bytes);
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(device.stream));
}

// The source may be written to when this returns, page-locked or not.
void copy(Cuda device, void* to, Cpu, const void* from, std::size_t bytes) {
  copy_on_stream(device, to, from, bytes);
  PREMIX_CUDA_CHECK(cudaStreamSynchronize(device.stream));
}

// In the order of the target's stream; between two GPUs the source's work is waited for.
void copy(Cuda to_device, void* to, Cuda from_device, const void* from, std::size_t bytes) {
  if (to_device.index != from_device.index) PREMIX_CUDA_CHECK(cudaStreamSynchronize(from_device.stream));
  copy_on_stream(to_device, to, from, bytes);
  if (to_device.index != from_device.index) PREMIX_CUDA_CHECK(cudaStreamSynchronize(to_device.stream));
}

}  // namespace premix::pool

namespace premix {

PinnedBuffer::PinnedBuffer(std::size_t bytes) : data_(nullptr), bytes_(bytes) { PREMIX_CUDA_CHECK(cudaMallocHost(&data_, bytes)); }

PinnedBuffer::~PinnedBuffer() { cudaFreeHost(data_); }

void copy_bytes_async(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes) {
  const detail::CudaScope scope(to_device.kind == Device::Kind::cuda ? to_device : from_device);
  PREMIX_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, scope.tag().stream));
}

}  // namespace premix
