#include "premix/infer/mtf.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "infer/gaussian.hpp"
#include "premix/core/parallel.hpp"

namespace premix {
namespace {

// Filter weights, sum 1, of the image pixels first, first + 1, ...
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

// Taps around the centre of an MS pixel. image: PAN pixels of the image.
Taps taps_of(const MtfGaussian& filter, AxisMap map, std::int64_t ms, Span image) {
  const double centre =
      std::clamp(map.inverse(ms), static_cast<double>(image.begin), static_cast<double>(image.end - 1));
  const auto nearest = static_cast<std::int64_t>(std::floor(centre + 0.5));
  const Span pixels = image.intersection({nearest - filter.radius, nearest + filter.radius + 1});
  Taps taps = {pixels.begin - image.begin, {}};
  for (const double weight : infer::gaussian_weights(centre, filter.sigma, pixels))
    taps.weights.push_back(static_cast<float>(weight));
  return taps;
}

}  // namespace

Tensor<float> sampled_by_mtf(const Tensor<float>& image, const Window& where, const GridMap& map, const Window& ms,
                             double gain) {
  const Shape shape = image.shape();
  PREMIX_CHECK(shape == (Shape{1, where.height, where.width, 1}), "sampled_by_mtf: image ", shape, ", window of ",
               where.height, " x ", where.width);
  const MtfGaussian down(gain, map.row_ratio()), across(gain, map.column_ratio());
  std::vector<Taps> columns;
  for (std::int64_t x = ms.left; x < ms.columns().end; ++x)
    columns.push_back(taps_of(across, map.columns, x, where.columns()));

  Tensor<float> result({1, ms.height, ms.width, 1});
  float* const to = result.mutable_data();
  const float* const from = image.data();
  parallel_for(ms.height, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(where.width));
    for (std::int64_t y = begin; y < end; ++y) {
      const Taps rows = taps_of(down, map.rows, ms.top + y, where.rows());
      std::fill(row.begin(), row.end(), 0.0f);
      for (std::size_t i = 0; i < rows.weights.size(); ++i) {
        const float weight = rows.weights[i];
        const float* source = from + (rows.first + static_cast<std::int64_t>(i)) * where.width;
        for (float& sum : row) sum += weight * *source++;
      }
      for (std::int64_t x = 0; x < ms.width; ++x) {
        const Taps& taps = columns[static_cast<std::size_t>(x)];
        float sum = 0;
        for (std::size_t i = 0; i < taps.weights.size(); ++i)
          sum += taps.weights[i] * row[static_cast<std::size_t>(taps.first) + i];
        to[y * ms.width + x] = sum;
      }
    }
  });
  return result;
}

}  // namespace premix
