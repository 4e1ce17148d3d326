#pragma once

#include <algorithm>
#include <cstdint>

#include "premix/core/memory.hpp"

namespace premix::infer {

/// Uninitialised array in the CPU's memory pool.
template <class T>
class Numbers {
 public:
  Numbers() = default;  // empty
  explicit Numbers(std::int64_t count) : buffer_(static_cast<std::size_t>(count) * sizeof(T), cpu()) {}

  static Numbers zeros(std::int64_t count) {
    Numbers result(count);
    std::fill_n(result.data(), count, T{});
    return result;
  }

  T* data() { return static_cast<T*>(buffer_.data()); }
  const T* data() const { return static_cast<const T*>(buffer_.data()); }
  bool empty() const { return buffer_.data() == nullptr; }
  std::int64_t bytes() const { return static_cast<std::int64_t>(buffer_.bytes()); }
  T& operator[](std::int64_t i) { return data()[i]; }
  const T& operator[](std::int64_t i) const { return data()[i]; }

 private:
  Buffer buffer_;
};

}  // namespace premix::infer
