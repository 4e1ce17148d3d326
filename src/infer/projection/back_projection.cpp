#include "premix/infer/projection/back_projection.hpp"

#include "infer/projection/projection_round.hpp"

namespace premix {

Tensor<float> back_projected(const Tensor<float>& fused, const Tensor<float>& ms, const GridMap& map, int rounds) {
  const auto [n, h, w, c] = fused.shape();
  PREMIX_CHECK(n == 1 && ms.shape().n == 1 && ms.shape().c == c, "back_projected: fused ", fused.shape(), ", ms ",
               ms.shape(), ". Use one image each, with the same bands.");
  const infer::ProjectionGrid grid(map, h, w, ms.shape().h, ms.shape().w);
  if (grid.whole.empty()) return fused;
  const infer::ImagePart all_ms = {{0, 0, ms.shape().h, ms.shape().w}, ms};
  infer::ImagePart result = {{0, 0, h, w}, fused};
  for (int round = 0; round < rounds; ++round)
    result = infer::corrected(grid, result, infer::missing_in(grid, result, all_ms, grid.whole), result.at);
  return result.pixels;
}

}  // namespace premix
