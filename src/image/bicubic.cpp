#include "premix/image/bicubic.hpp"

#include <cmath>

namespace premix {

std::int64_t detail::whole_quotient(std::int64_t size, double ratio) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(size) / ratio));
}

}  // namespace premix
