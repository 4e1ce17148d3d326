#include "gpu.hpp"

#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <map>

#include "cuda/runtime/check.hpp"
#include "premix/core/cuda.hpp"

namespace bench {

using premix::Buffer, premix::Cuda;

GpuTimer::GpuTimer(Cuda device)
    : device_(device),
      cold_(static_cast<std::size_t>(2 * cache_bytes(device)), premix::cuda(device.index)),
      start_(nullptr),
      stop_(nullptr) {
  PREMIX_CUDA_CHECK(cudaEventCreate(&start_));
  PREMIX_CUDA_CHECK(cudaEventCreate(&stop_));
}

GpuTimer::~GpuTimer() {
  cudaEventDestroy(start_);
  cudaEventDestroy(stop_);
}

void GpuTimer::start() {
  PREMIX_CUDA_CHECK(cudaMemsetAsync(cold_.data(), 0, cold_.bytes(), device_.stream));
  PREMIX_CUDA_CHECK(cudaEventRecord(start_, device_.stream));
}

double GpuTimer::seconds() {
  PREMIX_CUDA_CHECK(cudaEventRecord(stop_, device_.stream));
  PREMIX_CUDA_CHECK(cudaEventSynchronize(stop_));
  float milliseconds = 0;
  PREMIX_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start_, stop_));
  return 1e-3 * static_cast<double>(milliseconds);
}

std::int64_t cache_bytes(Cuda device) {
  int bytes = 0;
  PREMIX_CUDA_CHECK(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, device.index));
  return bytes;
}

std::int64_t free_bytes(Cuda device) {
  premix::release_cached_memory(premix::cuda(device.index));
  return static_cast<std::int64_t>(premix::cuda_device_info(device.index).free_bytes);
}

double copy_rate(Cuda device, std::int64_t bytes) {
  static std::map<std::int64_t, double> known;
  const std::int64_t half = std::clamp<std::int64_t>(bytes, 2, std::int64_t{4} << 30) / 2;
  if (const auto found = known.find(half); found != known.end()) return found->second;
  const auto size = static_cast<std::size_t>(half);
  const Buffer from(size, premix::cuda(device.index)), to(size, premix::cuda(device.index));
  PREMIX_CUDA_CHECK(cudaMemsetAsync(from.data(), 1, size, device.stream));
  GpuTimer timer(device);
  std::array<double, 21> seconds;
  for (double& s : seconds) {
    timer.start();
    PREMIX_CUDA_CHECK(cudaMemcpyAsync(to.data(), from.data(), size, cudaMemcpyDeviceToDevice, device.stream));
    s = timer.seconds();
  }
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return known[half] = 2 * static_cast<double>(half) / seconds[seconds.size() / 2];
}

}  // namespace bench
