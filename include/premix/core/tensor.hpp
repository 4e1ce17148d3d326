#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "premix/core/device.hpp"
#include "premix/core/error.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/scalar.hpp"
#include "premix/core/shape.hpp"

namespace premix {

/// Numbers on a device: (N, H, W, C), contiguous. Copies share memory; clone() does not. Every call of mutable_data()
/// counts as a write, so that autograd detects changes of saved tensors.
template <Storage T>
class Tensor {
 public:
  /// Holds nothing: empty() is true.
  Tensor() = default;

  /// Uninitialised.
  explicit Tensor(Shape shape, Device device = cpu())
      : shape_(shape), storage_(std::make_shared<Block>(Buffer(checked_bytes(shape), device))) {}

  static Tensor zeros(Shape shape, Device device = cpu()) {
    Tensor result(shape, device);
    zero_bytes(result.storage_->buffer.data(), device, result.bytes());
    return result;
  }

  static Tensor full(Shape shape, T value, Device device = cpu()) {
    Tensor result(shape);
    std::fill_n(result.mutable_data(), shape.size(), value);
    return result.to(device);
  }

  /// values: shape.size() numbers, channels fastest.
  static Tensor from(Shape shape, std::span<const T> values, Device device = cpu()) {
    PREMIX_CHECK(static_cast<std::int64_t>(values.size()) == shape.size(), "Tensor::from: ", values.size(),
                 " values for shape ", shape);
    Tensor result(shape, device);
    copy_bytes(result.storage_->buffer.data(), device, values.data(), cpu(), result.bytes());
    return result;
  }
  static Tensor from(Shape shape, const std::vector<T>& values, Device device = cpu()) {
    return from(shape, std::span<const T>(values), device);
  }

  const Shape& shape() const { return shape_; }
  std::int64_t size() const { return storage_ ? shape_.size() : 0; }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * sizeof(T); }
  bool empty() const { return storage_ == nullptr; }
  Device device() const { return storage_ ? storage_->buffer.device() : cpu(); }

  const T* data() const { return storage_ ? static_cast<const T*>(storage_->buffer.data()) : nullptr; }
  T* mutable_data() {
    PREMIX_CHECK(storage_, "Tensor::mutable_data: empty tensor");
    ++storage_->writes;
    return static_cast<T*>(storage_->buffer.data());
  }

  /// Elements as a span. CPU tensors only.
  std::span<const T> values() const {
    PREMIX_CHECK(device() == cpu(), "Tensor::values: the tensor is on ", device(), ". Call to(cpu()) first.");
    return {data(), static_cast<std::size_t>(size())};
  }

  /// Element of a CPU tensor.
  T operator()(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) const {
    PREMIX_CHECK(device() == cpu(), "Tensor: element access on ", device(), ". Call to(cpu()) first.");
    return data()[((n * shape_.h + y) * shape_.w + x) * shape_.c + c];
  }

  /// Element of a tensor with one element, on any device.
  T item() const {
    PREMIX_CHECK(size() == 1, "Tensor::item: shape ", shape_, " is not one number");
    T value;
    copy_bytes(&value, cpu(), data(), device(), sizeof(T));
    return value;
  }

  Tensor clone() const { return to_new(device()); }

  /// Returns this tensor if it is on the device, else a copy there.
  Tensor to(Device device) const { return empty() || device == this->device() ? *this : to_new(device); }

  /// Returns the same memory with another shape of equal size.
  Tensor reshaped(Shape shape) const {
    PREMIX_CHECK(shape.size() == size(), "Tensor::reshaped: ", shape_, " to ", shape);
    Tensor result = *this;
    result.shape_ = shape;
    return result;
  }

  /// Copies image n of the batch: (1, H, W, C).
  Tensor image(std::int64_t n) const {
    PREMIX_CHECK(n >= 0 && n < shape_.n, "Tensor::image: image ", n, " of ", shape_);
    Tensor result({1, shape_.h, shape_.w, shape_.c}, device());
    copy_bytes(result.storage_->buffer.data(), device(), data() + n * result.size(), device(), result.bytes());
    return result;
  }

  std::uint64_t writes() const { return storage_ ? storage_->writes : 0; }

  /// Whether no other tensor shares this memory.
  bool unique() const { return storage_.use_count() == 1; }

 private:
  struct Block {
    explicit Block(Buffer b) : buffer(std::move(b)) {}
    Buffer buffer;
    std::uint64_t writes = 0;
  };

  static std::size_t checked_bytes(Shape shape) {
    PREMIX_CHECK(shape.n > 0 && shape.h > 0 && shape.w > 0 && shape.c > 0, "Tensor: shape ", shape,
                 ". Every side must be above 0.");
    return static_cast<std::size_t>(shape.size()) * sizeof(T);
  }

  Tensor to_new(Device device) const {
    if (empty()) return {};
    Tensor result(shape_, device);
    copy_bytes(result.storage_->buffer.data(), device, data(), this->device(), bytes());
    return result;
  }

  Shape shape_;
  std::shared_ptr<Block> storage_;
};

}  // namespace premix
