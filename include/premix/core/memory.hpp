#pragma once

#include <cstddef>
#include <cstdint>

#include "premix/core/device.hpp"

namespace premix {

/// A block of device memory from the pool, 64-byte aligned, uninitialised. Destruction returns it to the pool; on a
/// GPU, in the order of the stream that was current at construction.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::size_t bytes, Device device);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  Device device_;
  CUstream_st* stream_ = nullptr;  // current at construction, on a GPU
};

/// Copies bytes between any two devices, or within one. A copy within a GPU is ordered in the current stream. Any other
/// copy is complete on return.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);

/// Sets bytes to zero.
void zero_bytes(void* to, Device device, std::size_t bytes);

/// Contents of the pool of a device.
struct MemoryUse {
  std::size_t in_use = 0;  // bytes in use
  std::size_t cached = 0;  // bytes kept for later requests
};
MemoryUse memory_use(Device device);

/// Returns cached blocks of the pool to the system.
void release_cached_memory(Device device);

}  // namespace premix
