#pragma once

#include <cstdint>

#include "premix/core/scalar.hpp"

namespace premix::kernels {

/// The sample that index i of a reflected axis shows, the edge not repeated: -1 is 1, size is size - 2. For -size < i <
/// 2 size - 1.
PREMIX_HD std::int64_t reflected(std::int64_t i, std::int64_t size) {
  if (i < 0) i = -i;
  return i < size ? i : 2 * (size - 1) - i;
}

}  // namespace premix::kernels
