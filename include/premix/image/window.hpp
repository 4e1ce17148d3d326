#pragma once

#include <cstdint>

#include "premix/core/tensor.hpp"

namespace premix {

/// A rectangle of pixels.
struct Window {
  std::int64_t top = 0, left = 0, height = 0, width = 0;

  bool empty() const { return height <= 0 || width <= 0; }

  /// The pixels that both windows contain; an empty window where there are none.
  Window intersection(const Window& other) const;

  friend bool operator==(const Window&, const Window&) = default;
};

/// The pixels of x (N, H, W, C) in the window, copied -> (N, height, width, C). Throws where the window is empty or
/// leaves the image.
template <Real T>
Tensor<T> crop(const Tensor<T>& x, const Window& window);

/// x (N, H, W, C) continued below and to the right by its reflection, without repeating the edge -> (N, height, width,
/// C). H <= height < 2 * H, and so for the width: a reflection goes no further.
template <Real T>
Tensor<T> pad_by_reflection(const Tensor<T>& x, std::int64_t height, std::int64_t width);

}  // namespace premix
