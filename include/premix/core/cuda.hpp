#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "premix/core/device.hpp"

// Queries and control of GPUs. Without CUDA in the installation, only cuda_device_count(), cuda_problem() and
// cudnn_...() work.

struct CUevent_st;
struct CUgraphExec_st;

namespace premix {

class GraphMemory;

namespace detail {
int cuda_device_count();
std::string cuda_problem();
std::string cudnn_problem();
std::string cudnn_version();
std::vector<std::string> cudnn_engines();
}  // namespace detail

/// Number of visible GPUs; 0 without CUDA in the installation or without a driver.
inline int cuda_device_count() {
  if constexpr (PREMIX_HAS_CUDA) return detail::cuda_device_count();
  return 0;
}

/// Says in one line why no GPU is usable, and the remedy; empty if one is usable.
inline std::string cuda_problem() {
  if constexpr (PREMIX_HAS_CUDA) return detail::cuda_problem();
  return "this premix was built without CUDA: build it with PREMIX_CUDA=ON";
}

/// Says in one line why GPU convolutions do not use cuDNN, and the remedy; empty if they use it. Without cuDNN,
/// convolutions are much slower.
inline std::string cudnn_problem() {
  if constexpr (PREMIX_HAS_CUDNN) return detail::cudnn_problem();
  if (std::string problem = cuda_problem(); !problem.empty()) return problem;
  return "this premix was built without cuDNN: build it with PREMIX_CUDNN=ON";
}

/// Version of cuDNN found on this machine: "9.19.0"; empty if none was found or it is disabled.
inline std::string cudnn_version() {
  if constexpr (PREMIX_HAS_CUDNN) return detail::cudnn_version();
  return {};
}

/// Engines used so far by float convolutions on GPUs, unordered: "conv2d forward 16x64x64x32 -> 32, 3x3, fp32: engine
/// 38". The same cuDNN chooses the same engines for the same sizes on the same kind of GPU, and they give the same
/// bits.
inline std::vector<std::string> cudnn_engines() {
  if constexpr (PREMIX_HAS_CUDNN) return detail::cudnn_engines();
  return {};
}

struct CudaDeviceInfo {
  std::string name;          // name given by the vendor
  int major = 0, minor = 0;  // compute capability: 9 and 0 for sm_90
  int multiprocessors = 0;
  std::size_t memory_bytes = 0, free_bytes = 0;
};

/// Properties of a GPU, even one that premix has no code for. Throws a device Error for an invalid index.
CudaDeviceInfo cuda_device_info(int index);

/// Version in CUDA's notation: "13.0".
std::string cuda_driver_version();   // newest supported by the driver; "0.0" without a driver
std::string cuda_runtime_version();  // used to build premix

/// Architectures of the code in this installation, as in CMAKE_CUDA_ARCHITECTURES: "80-real;90".
std::string cuda_architectures();

/// A separate stream of a GPU, for use with StreamGuard. Destruction returns it to a pool, so that memory can still be
/// freed in its order.
class CudaStream {
 public:
  explicit CudaStream(Device device);
  ~CudaStream();
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  Device device() const { return device_; }
  CUstream_st* handle() const { return handle_; }

 private:
  Device device_;
  CUstream_st* handle_;
};

/// Redirects this thread's work on the stream's GPU from the default stream to this stream, while it lives. Destroy it
/// on the thread that made it. Memory is freed in the order of the stream that allocated it: call synchronize() before
/// another stream uses a tensor.
class StreamGuard {
 public:
  explicit StreamGuard(const CudaStream& stream) : StreamGuard(stream.device(), stream.handle()) {}

  /// For a stream created elsewhere. The stream must outlive all memory allocated in it.
  StreamGuard(Device device, CUstream_st* stream);
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

 private:
  friend CUstream_st* current_stream(int index);

  Device device_;
  CUstream_st* stream_;
  StreamGuard* outer_;  // previous guard of the thread
};

/// Waits until the current stream has finished. Throws errors of its kernels. Does nothing on the CPU.
void synchronize(Device device);

/// A point in the work of a stream.
class CudaEvent {
 public:
  explicit CudaEvent(Device device);
  ~CudaEvent();
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;

  /// Sets the point after all work submitted to the current stream. Replaces an earlier point.
  void record();
  /// Later work of the current stream waits for the point. The host does not wait.
  void block_stream() const;
  /// Waits on the host until the point is reached. Returns at once before record().
  void synchronize() const;

 private:
  Device device_;
  CUevent_st* handle_;
};

/// Calls fn; on a GPU, in a separate stream, where work can be recorded as a graph. Synchronises before and after.
template <class Fn>
void in_own_stream(Device device, Fn&& fn) {
  on_device(device, [&](auto tag) {
    if constexpr (std::is_same_v<decltype(tag), Cuda>) {
      synchronize(device);
      const CudaStream stream(device);
      const StreamGuard guard(stream);
      fn();
      synchronize(device);
    } else {
      fn();
    }
  });
}

/// Records work of a GPU once and launches it as a whole, any number of times. A launch costs the host a few
/// microseconds, whatever the number of kernels. Results have the same bits as direct launches.
///
/// The work must stay on the device and in the current stream. It must not wait, or copy to or from pageable host
/// memory. Host code in it runs only while recording. Each launch uses the same addresses, so:
///   * Tensors from outside must stay alive while the graph is launched. Write new input into them.
///   * Memory allocated in the work belongs to the graph. It is reused within the work, and lives as long as the graph
///     or a tensor in it. A tensor left by the work holds the results of the last launch.
///   * Other memory freed by the work lives as long as the graph, which may refer to it.
/// Independent graphs of one stream can share memory. A tensor left by one then holds its values until any of them is
/// launched.
class CudaGraph {
 public:
  /// Calls work twice; both calls must do the same. The first call runs and measures the memory needed. The second is
  /// recorded and does not run. The current stream must be that of a CudaStream. memory_of: a graph recorded in the
  /// same stream, to share its memory. Throws what work throws, and a device Error if the work cannot be recorded.
  CudaGraph(Device device, const std::function<void()>& work, const CudaGraph* memory_of = nullptr);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  /// Submits the recorded work to its stream and returns at once.
  void launch() const;

  /// Size of the memory of the graph, shared or not.
  std::size_t memory_bytes() const;

 private:
  Device device_;
  CUstream_st* stream_;
  std::shared_ptr<GraphMemory> memory_;
  CUgraphExec_st* graph_ = nullptr;
};

/// Page-locked host memory. Copies between it and a GPU are faster, and can be asynchronous.
class PinnedBuffer {
 public:
  explicit PinnedBuffer(std::size_t bytes);
  ~PinnedBuffer();
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_;
  std::size_t bytes_;
};

/// Copies asynchronously between a GPU and page-locked memory. Both must stay alive until synchronize(). May wait if
/// the memory is not page-locked.
void copy_bytes_async(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);

}  // namespace premix
