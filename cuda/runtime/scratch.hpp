#pragma once

#include <cstdint>

#include "premix/core/memory.hpp"

namespace premix {

/// Scratch memory of count numbers, freed in stream order. It may go out of scope while kernels still use it.
template <class T>
class Scratch {
 public:
  Scratch(Cuda device, std::int64_t count) : buffer_(static_cast<std::size_t>(count) * sizeof(T), cuda(device.index)) {}
  T* data() const { return static_cast<T*>(buffer_.data()); }

 private:
  Buffer buffer_;
};

}  // namespace premix
