#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "premix/core/device.hpp"

// What a program may want to say about GPUs. Everything but cuda_device_count(), cuda_problem() and what begins with
// cudnn needs an installation with CUDA.

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

/// The number of GPUs that this process can see: 0 in an installation without CUDA, and without a driver.
inline int cuda_device_count() {
  if constexpr (PREMIX_HAS_CUDA) return detail::cuda_device_count();
  return 0;
}

/// Why no GPU can be used and what to do about it, in one line; empty where one can.
inline std::string cuda_problem() {
  if constexpr (PREMIX_HAS_CUDA) return detail::cuda_problem();
  return "this premix was built without CUDA: build it with PREMIX_CUDA=ON";
}

/// Why convolutions on a GPU go without cuDNN, by kernels that are many times slower, and what to do about it, in one
/// line; empty where cuDNN does them.
inline std::string cudnn_problem() {
  if constexpr (PREMIX_HAS_CUDNN) return detail::cudnn_problem();
  if (std::string problem = cuda_problem(); !problem.empty()) return problem;
  return "this premix was built without cuDNN: build it with PREMIX_CUDNN=ON";
}

/// The version of the cuDNN that was found on this machine: "9.19.0"; empty where none was, or where it is kept out.
inline std::string cudnn_version() {
  if constexpr (PREMIX_HAS_CUDNN) return detail::cudnn_version();
  return {};
}

/// What computed each convolution in float that this process did on a GPU, in no order of theirs: "conv2d forward
/// 16x64x64x32 -> 32, 3x3, fp32: engine 38". The same cuDNN chooses the same engines for the same sizes on the same
/// kind of GPU, and these give the same bits.
inline std::vector<std::string> cudnn_engines() {
  if constexpr (PREMIX_HAS_CUDNN) return detail::cudnn_engines();
  return {};
}

struct CudaDeviceInfo {
  std::string name;          // the maker's
  int major = 0, minor = 0;  // compute capability: 9 and 0 for sm_90
  int multiprocessors = 0;
  std::size_t memory_bytes = 0, free_bytes = 0;
};

/// What a GPU is like, be it one that this premix has code for or not. Throws a device Error where there is none of
/// that index.
CudaDeviceInfo cuda_device_info(int index);

/// A version as CUDA writes it: "13.0".
std::string cuda_driver_version();   // the newest that the installed driver can serve; "0.0" without a driver
std::string cuda_runtime_version();  // what this premix was built with

/// The architectures of the code in this installation, as CMAKE_CUDA_ARCHITECTURES gave them: "80-real;90".
std::string cuda_architectures();

/// A queue of work of its own on a GPU. Give it to a StreamGuard. On destruction it goes back to a pool, so that memory
/// may still be freed in its order.
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

/// While it lives, what this thread does on the stream's GPU goes to that stream, in place of the default stream. It
/// ends on the thread that made it. Memory is freed in the order of the stream that it was asked from: synchronize()
/// before another stream takes a tensor over.
class StreamGuard {
 public:
  explicit StreamGuard(const CudaStream& stream) : StreamGuard(stream.device(), stream.handle()) {}

  /// For a stream that somebody else made on the device: it must outlive the memory that is asked from it.
  StreamGuard(Device device, CUstream_st* stream);
  ~StreamGuard();
  StreamGuard(const StreamGuard&) = delete;
  StreamGuard& operator=(const StreamGuard&) = delete;

 private:
  friend CUstream_st* current_stream(int index);

  Device device_;
  CUstream_st* stream_;
  StreamGuard* outer_;  // the thread's guard before this one
};

/// Waits until the current stream has done its work. Throws what went wrong on the way. On the CPU there is nothing to
/// wait for.
void synchronize(Device device);

/// A mark in the work of a stream.
class CudaEvent {
 public:
  explicit CudaEvent(Device device);
  ~CudaEvent();
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;

  /// Sets the mark after all that the current stream was given so far. A mark that was set before is forgotten.
  void record();
  /// What the current stream is given from now on begins after the mark. The host does not wait.
  void block_stream() const;
  /// The host waits until the mark is reached. Before record() there is nothing to wait for.
  void synchronize() const;

 private:
  Device device_;
  CUevent_st* handle_;
};

/// Calls fn, on a GPU in a stream of its own, where work can be recorded. What was given to the current stream before
/// is waited for, and what fn gives to its own, too.
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

/// Work of a GPU that is recorded once and then launched as a whole, as often as wanted: a launch costs the host a few
/// microseconds however many kernels it has. Its results are those of the kernels launched one by one, to the bit.
///
/// The work must be on the device alone, in the current stream: it can't wait, or copy to or from the host but for
/// page-locked memory, and what the host computes in it is computed when it is recorded, once. It reads and writes the
/// same addresses in every launch, so:
///   * tensors from before must stay as long as the graph is launched, and be written to, not replaced, for another
///   input;
///   * memory that the work asks for in the stream is the graph's own. It is used again within the work as soon as it
///   is freed, and stays
///     as long as the graph, or a tensor in it. A tensor that the recorded call left behind has what the last launch
///     put there;
///   * what the work frees of other memory stays as long as the graph, which may refer to it.
/// Graphs of one stream that need nothing of each other's can share their memory: then a tensor that one left behind
/// holds its numbers until any of them is launched.
class CudaGraph {
 public:
  /// Calls work twice, which must do the same both times. The first call runs, and shows how much memory is needed; the
  /// second is recorded and does not run. The current stream must be that of a CudaStream. Throws what work throws, and
  /// a device Error for what can't be recorded. memory_of: a graph to share the memory of, recorded in the same stream.
  CudaGraph(Device device, const std::function<void()>& work, const CudaGraph* memory_of = nullptr);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  /// Runs what was recorded, in the stream in which it was. Returns at once.
  void launch() const;

  /// What its own memory takes, or that which it shares.
  std::size_t memory_bytes() const;

 private:
  Device device_;
  CUstream_st* stream_;
  std::shared_ptr<GraphMemory> memory_;
  CUgraphExec_st* graph_ = nullptr;
};

/// Page-locked memory of the host: copies between it and a GPU are faster, and go on beside other work.
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

/// copy_bytes between a GPU and page-locked memory that does not wait: both must stay until synchronize(). Where the
/// memory is not page-locked it may wait.
void copy_bytes_async(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);

}  // namespace premix
