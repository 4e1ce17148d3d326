#pragma once

#include <cstdint>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix::reference {

/// Array (N, H, W, C) of double, initially zero. The references compute with it.
class Grid {
 public:
  explicit Grid(Shape shape) : shape_(shape), values_(static_cast<std::size_t>(shape.size())) {}

  const Shape& shape() const { return shape_; }
  double& operator()(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) {
    return values_.at(static_cast<std::size_t>(((n * shape_.h + y) * shape_.w + x) * shape_.c + c));
  }
  Tensor<double> tensor() const { return Tensor<double>::from(shape_, values_); }

 private:
  Shape shape_;
  std::vector<double> values_;
};

/// Calls fn(n, y, x, c) for every element.
template <class Fn>
void for_each_element(const Shape& shape, Fn&& fn) {
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t y = 0; y < shape.h; ++y)
      for (std::int64_t x = 0; x < shape.w; ++x)
        for (std::int64_t c = 0; c < shape.c; ++c) fn(n, y, x, c);
}

}  // namespace premix::reference
