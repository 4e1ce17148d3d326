#include "premix/infer/back_projection.hpp"

#include "premix/core/parallel.hpp"
#include "premix/infer/fuse.hpp"

namespace premix {
namespace {

constexpr std::int64_t grain = 1 << 14;

// a + sign * b
Tensor<float> combined(const Tensor<float>& a, const Tensor<float>& b, float sign) {
  const auto a_values = a.values(), b_values = b.values();
  Tensor<float> result(a.shape());
  float* to = result.mutable_data();
  parallel_for(a.size(), grain, [&](std::int64_t from, std::int64_t until) {
    for (std::int64_t i = from; i < until; ++i) to[i] = a_values[i] + sign * b_values[i];
  });
  return result;
}

}  // namespace

Tensor<float> back_projected(const Tensor<float>& fused, const Tensor<float>& ms, const GridMap& map, int rounds) {
  PREMIX_CHECK(ms.shape().n == 1 && ms.shape().c == fused.shape().c, "back_projected: fused ", fused.shape(), ", ms ", ms.shape(),
               "; one image each, with the same bands");
  Tensor<float> result = fused;
  for (int round = 0; round < rounds; ++round) {
    const auto [average, part] = average_on_ms_grid(result, map, ms.shape().h, ms.shape().w);
    if (part.empty()) break;
    // Beyond the whole MS pixels the correction of the outermost ones is repeated.
    GridMap onto_part = map;
    onto_part.rows.offset -= static_cast<double>(part.top), onto_part.columns.offset -= static_cast<double>(part.left);
    const Tensor<float> missing = combined(crop(ms, part), average, -1);
    result = combined(result, ms_on_pan_grid(missing, onto_part, fused.shape().h, fused.shape().w), 1);
  }
  return result;
}

}  // namespace premix
