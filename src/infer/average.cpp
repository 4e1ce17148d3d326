#include <algorithm>
#include <vector>

#include "infer/footprints.hpp"
#include "premix/core/parallel.hpp"
#include "premix/infer/fuse.hpp"

namespace premix {

MsAverage average_on_ms_grid(const Tensor<float>& fused, const GridMap& map, std::int64_t height, std::int64_t width) {
  const auto [n, h, w, c] = fused.shape();
  PREMIX_CHECK(n == 1, "average_on_ms_grid: fused ", fused.shape(), " is not one image");
  const Footprints rows(map.rows), columns(map.columns);
  const MsSpan inner_rows = whole_pixels(rows, height, 0, h), inner_columns = whole_pixels(columns, width, 0, w);
  const Window part = {inner_rows.first, inner_columns.first, inner_rows.count, inner_columns.count};
  if (part.empty()) return {{}, part};
  MsAverage result = {Tensor<float>({1, part.height, part.width, c}), part};
  float* to = result.image.mutable_data();
  parallel_for(part.height, 1, [&, w = w, h = h, c = c](std::int64_t from, std::int64_t until) {
    std::vector<double> sum(static_cast<std::size_t>(c));
    for (std::int64_t y = from; y < until; ++y) {
      const PixelShares down(rows, part.top + y, 0, h);
      for (std::int64_t x = 0; x < part.width; ++x) {
        const PixelShares across(columns, part.left + x, 0, w);
        std::fill(sum.begin(), sum.end(), 0.0);
        for (std::size_t i = 0; i < down.shares.size(); ++i)
          for (std::size_t j = 0; j < across.shares.size(); ++j) {
            const float* pixel =
                fused.data() + ((down.first + static_cast<std::int64_t>(i)) * w + across.first + static_cast<std::int64_t>(j)) * c;
            for (std::int64_t band = 0; band < c; ++band)
              sum[static_cast<std::size_t>(band)] += down.shares[i] * across.shares[j] * pixel[band];
          }
        std::transform(sum.begin(), sum.end(), to + (y * part.width + x) * c, [](double value) { return static_cast<float>(value); });
      }
    }
  });
  return result;
}

}  // namespace premix
