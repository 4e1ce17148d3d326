#pragma once

#include <ostream>
#include <utility>

#include "premix/config.hpp"
#include "premix/core/error.hpp"

struct CUstream_st;

namespace premix {

/// Location of a tensor: the CPU or a GPU.
struct Device {
  enum class Kind { cpu, cuda };

  Kind kind = Kind::cpu;
  int index = 0;

  friend constexpr bool operator==(const Device&, const Device&) = default;
};

constexpr Device cpu() { return {}; }
constexpr Device cuda(int index) { return {Device::Kind::cuda, index}; }

inline std::ostream& operator<<(std::ostream& out, const Device& device) {
  return device.kind == Device::Kind::cpu ? out << "cpu" : out << "cuda:" << device.index;
}

/// Selects the CPU overload of a kernel.
struct Cpu {};

/// Selects the CUDA overload of a kernel. It runs in order within the stream, on the current GPU.
struct Cuda {
  CUstream_st* stream = nullptr;
  int index = 0;
};

namespace detail {

/// Makes a GPU current for the CUDA calls of this thread, while it lives. Throws a device Error if the GPU is unusable.
class CudaScope {
 public:
  explicit CudaScope(Device device);
  ~CudaScope();
  CudaScope(const CudaScope&) = delete;
  CudaScope& operator=(const CudaScope&) = delete;

  Cuda tag() const { return tag_; }

 private:
  int before_;
  Cuda tag_;
};

}  // namespace detail

/// Calls fn(Cpu{}) or fn(Cuda{...}) with the thread's current stream on that GPU. Throws a device Error if this
/// installation cannot use the device. Only this function depends on the presence of CUDA: a kernel without its CUDA
/// overload is a link error that names it.
template <class Fn>
decltype(auto) on_device(Device device, Fn&& fn) {
#if PREMIX_HAS_CUDA
  if (device.kind == Device::Kind::cuda) {
    const detail::CudaScope scope(device);
    return std::forward<Fn>(fn)(scope.tag());
  }
#else
  if (device.kind == Device::Kind::cuda)
    fail(ErrorKind::device, device, ": this premix was built without CUDA. Use the CPU, or build with PREMIX_CUDA=ON.");
#endif
  return std::forward<Fn>(fn)(Cpu{});
}

}  // namespace premix
