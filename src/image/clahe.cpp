#include "premix/image/clahe.hpp"

#include <algorithm>
#include <cmath>

namespace premix {

std::int64_t detail::clahe_limit(double clip_limit, std::int64_t pixels) {
  const double limit = std::floor(clip_limit * static_cast<double>(pixels) / clahe_levels);
  return std::max<std::int64_t>(static_cast<std::int64_t>(limit), 1);
}

template <Real T>
T detail::clahe_scale(std::int64_t pixels) {
  return static_cast<T>(255.0 / static_cast<double>(pixels));
}

void detail::check_no_nan(const Buffer& flags, ClaheCells cells) {
  std::vector<std::uint8_t> nan(flags.bytes());
  copy_bytes(nan.data(), cpu(), flags.data(), flags.device(), nan.size());
  const auto found = std::find(nan.begin(), nan.end(), 1);
  if (found == nan.end()) return;
  const std::int64_t cell = found - nan.begin(), column = cell % cells.columns, row = cell / cells.columns % cells.rows;
  fail(ErrorKind::runtime, "clahe: NaN in image ", cell / cells.columns / cells.rows, " near row ", row * cells.height,
       ", column ", column * cells.width, " (cells of ", cells.height, " x ", cells.width,
       " pixels). Replace it first.");
}

template float detail::clahe_scale(std::int64_t);
template double detail::clahe_scale(std::int64_t);

}  // namespace premix
