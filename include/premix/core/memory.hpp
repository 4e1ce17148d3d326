#pragma once

#include <cstddef>
#include <cstdint>

#include "premix/core/device.hpp"

namespace premix {

/// A block of device memory from the pool, 64-byte aligned, contents undefined. Given back to the pool on destruction;
/// on a GPU in the order of the stream that was current when it was made.
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
  CUstream_st* stream_ = nullptr;  // that of its making, on a GPU
};

/// Copies bytes between any two devices; from and to may be the same one. A copy within a GPU takes its turn in the
/// current stream; any other is complete when this returns.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes);

/// Sets bytes to zero.
void zero_bytes(void* to, Device device, std::size_t bytes);

/// What a device's pool holds.
struct MemoryUse {
  std::size_t in_use = 0;  // bytes, handed out
  std::size_t cached = 0;  // bytes, kept for the next request
};
MemoryUse memory_use(Device device);

/// Returns the pool's cached blocks to the system.
void release_cached_memory(Device device);

}  // namespace premix
