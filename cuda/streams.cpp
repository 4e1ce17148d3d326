#include "cuda/streams.hpp"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "cuda/check.hpp"
#include "premix/core/cuda.hpp"

namespace premix {
namespace {

thread_local std::map<int, CUstream_st*> current;

// Streams are never destroyed: a buffer may be freed in the order of a stream whose CudaStream is gone.
class StreamPool {
 public:
  CUstream_st* take(int index) {
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[index];
    if (!idle.empty()) {
      CUstream_st* stream = idle.back();
      idle.pop_back();
      return stream;
    }
    CUstream_st* stream = nullptr;
    PREMIX_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    return stream;
  }

  void give_back(int index, CUstream_st* stream) {
    const std::lock_guard lock(mutex_);
    idle_[index].push_back(stream);
  }

 private:
  std::mutex mutex_;
  std::map<int, std::vector<CUstream_st*>> idle_;
};

StreamPool& stream_pool() {
  static auto* pool = new StreamPool;
  return *pool;
}

}  // namespace

CUstream_st* current_stream(int index) {
  const auto found = current.find(index);
  return found == current.end() ? nullptr : found->second;
}

CudaStream::CudaStream(Device device) : device_(device) {
  PREMIX_CHECK(device.kind == Device::Kind::cuda, "CudaStream: ", device, " has no streams; give a GPU");
  const detail::CudaScope scope(device);
  handle_ = stream_pool().take(device.index);
}

CudaStream::~CudaStream() { stream_pool().give_back(device_.index, handle_); }

StreamGuard::StreamGuard(Device device, CUstream_st* stream)
    : device_(device), before_(std::exchange(current[device.index], stream)) {}

StreamGuard::~StreamGuard() { current[device_.index] = before_; }

}  // namespace premix
