#pragma once

#include <cstdint>

namespace premix::infer {

/// Columns left .. right - 1 of an image.
struct Columns {
  std::int64_t left, right;

  std::int64_t width() const { return right - left; }
};

}  // namespace premix::infer
