#pragma once

#include <cstdint>

#include "premix/core/scalar.hpp"

namespace premix::kernels {

/// Returns the source sample of index i of a reflected axis, the edge not repeated: -1 gives 1, size gives size - 2.
/// Valid for -size < i < 2 size - 1.
PREMIX_HD std::int64_t reflected(std::int64_t i, std::int64_t size) {
  if (i < 0) i = -i;
  return i < size ? i : 2 * (size - 1) - i;
}

}  // namespace premix::kernels
