#include "cuda/runtime/streams.hpp"

#include <map>
#include <mutex>
#include <vector>

#include "cuda/runtime/check.hpp"
#include "premix/core/cuda.hpp"

namespace premix {
namespace {

// Linked list of the guards of this thread, innermost first. A container would be destroyed before buffers with static
// lifetime.
thread_local StreamGuard* innermost = nullptr;

// Streams are never destroyed: a buffer may be freed in stream order after the end of its CudaStream.
class StreamPool {
 public:
  CUstream_st* take(int index) {
    const std::lock_guard lock(mutex_);
    auto& [idle, made] = streams_[index];
    if (!idle.empty()) {
      CUstream_st* stream = idle.back();
      idle.pop_back();
      return stream;
    }
    idle.reserve(made + 1);  // give_back must not throw
    CUstream_st* stream = nullptr;
    PREMIX_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    ++made;
    return stream;
  }

  void give_back(int index, CUstream_st* stream) {
    const std::lock_guard lock(mutex_);
    streams_.at(index).idle.push_back(stream);
  }

 private:
  struct Streams {
    std::vector<CUstream_st*> idle;
    std::size_t made = 0;
  };
  std::mutex mutex_;
  std::map<int, Streams> streams_;  // per GPU
};

StreamPool& stream_pool() {
  static auto* pool = new StreamPool;
  return *pool;
}

}  // namespace

CUstream_st* current_stream(int index) {
  for (const StreamGuard* guard = innermost; guard != nullptr; guard = guard->outer_)
    if (guard->device_.index == index) return guard->stream_;
  return nullptr;
}

CudaStream::CudaStream(Device device) : device_(device) {
  PREMIX_CHECK(device.kind == Device::Kind::cuda, "CudaStream: ", device, " has no streams. Use a GPU.");
  const detail::CudaScope scope(device);
  handle_ = stream_pool().take(device.index);
}

CudaStream::~CudaStream() { stream_pool().give_back(device_.index, handle_); }

StreamGuard::StreamGuard(Device device, CUstream_st* stream) : device_(device), stream_(stream), outer_(innermost) {
  PREMIX_CHECK(device.kind == Device::Kind::cuda, "StreamGuard: ", device, " has no streams. Use a GPU.");
  innermost = this;
}

// Guards may be destroyed in any order.
StreamGuard::~StreamGuard() {
  StreamGuard** link = &innermost;
  while (*link != nullptr && *link != this) link = &(*link)->outer_;
  if (*link == this) *link = outer_;
}

// Blocking synchronisation: waiting threads sleep and leave the CPU to the loader's workers.
CudaEvent::CudaEvent(Device device) : device_(device), handle_(nullptr) {
  PREMIX_CHECK(device.kind == Device::Kind::cuda, "CudaEvent: ", device, " has no streams. Use a GPU.");
  const detail::CudaScope scope(device);
  PREMIX_CUDA_CHECK(cudaEventCreateWithFlags(&handle_, cudaEventDisableTiming | cudaEventBlockingSync));
}

CudaEvent::~CudaEvent() {
  if (cudaEventDestroy(handle_) != cudaSuccess) cudaGetLastError();
}

void CudaEvent::record() {
  const detail::CudaScope scope(device_);
  PREMIX_CUDA_CHECK(cudaEventRecord(handle_, scope.tag().stream));
}

void CudaEvent::block_stream() const {
  const detail::CudaScope scope(device_);
  PREMIX_CUDA_CHECK(cudaStreamWaitEvent(scope.tag().stream, handle_));
}

void CudaEvent::synchronize() const { PREMIX_CUDA_CHECK(cudaEventSynchronize(handle_)); }

}  // namespace premix
