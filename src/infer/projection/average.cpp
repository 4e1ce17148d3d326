#include "premix/infer/projection/average.hpp"

#include "infer/projection/projection_round.hpp"

namespace premix {

MsAverage average_on_ms_grid(const Tensor<float>& fused, const GridMap& map, std::int64_t height, std::int64_t width) {
  const auto [n, h, w, c] = fused.shape();
  PREMIX_CHECK(n == 1, "average_on_ms_grid: fused ", fused.shape(), ". One image is expected.");
  const infer::ProjectionGrid grid(map, h, w, height, width);
  if (grid.whole.empty()) return {{}, grid.whole};
  return {infer::averaged(grid, {{0, 0, h, w}, fused}, grid.whole), grid.whole};
}

}  // namespace premix
