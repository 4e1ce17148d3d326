#include "premix/infer/mtf.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "premix/core/parallel.hpp"

namespace premix {
namespace {

// The filter's weights, sum 1, of the pixels first, first + 1, ... of the image.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

// Around the centre of an MS pixel, on an axis of which the image has the PAN pixels begin .. end - 1.
Taps taps_of(const MtfGaussian& filter, AxisMap map, std::int64_t ms, std::int64_t begin, std::int64_t end) {
  const double centre = std::clamp((static_cast<double>(ms) - map.offset) / map.scale, static_cast<double>(begin),
                                   static_cast<double>(end - 1));
  const auto nearest = static_cast<std::int64_t>(std::floor(centre + 0.5));
  const std::int64_t from = std::max(nearest - filter.radius, begin),
                     until = std::min(nearest + filter.radius + 1, end);
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = from; i < until; ++i) {
    const double distance = (static_cast<double>(i) - centre) / filter.sigma;
    weights.push_back(std::exp(-0.5 * distance * distance)), sum += weights.back();
  }
  Taps taps = {from - begin, {}};
  for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  return taps;
}

}  // namespace

MtfGaussian::MtfGaussian(double gain, double ratio) {
  if (!(gain > 0 && gain < 1))
    fail(ErrorKind::usage, "MTF gain ", gain, ": give the gain at the MS's Nyquist frequency, above 0 and below 1");
  // exp(-2 pi^2 sigma^2 f^2) = gain at f = 1 / (2 ratio).
  sigma = ratio / std::numbers::pi * std::sqrt(-2 * std::log(gain));
  radius = static_cast<std::int64_t>(std::ceil(4 * sigma));
}

Tensor<float> sampled_by_mtf(const Tensor<float>& image, const Window& where, const GridMap& map, const Window& ms,
                             double gain) {
  const Shape shape = image.shape();
  PREMIX_CHECK(shape == (Shape{1, where.height, where.width, 1}), "sampled_by_mtf: image ", shape, " for a window of ",
               where.height, " x ", where.width);
  const MtfGaussian down(gain, map.row_ratio()), across(gain, map.column_ratio());
  std::vector<Taps> columns;
  for (std::int64_t x = ms.left; x < ms.left + ms.width; ++x)
    columns.push_back(taps_of(across, map.columns, x, where.left, where.left + where.width));

  Tensor<float> result({1, ms.height, ms.width, 1});
  float* const to = result.mutable_data();
  const float* const from = image.data();
  parallel_for(ms.height, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(where.width));
    for (std::int64_t y = begin; y < end; ++y) {
      const Taps rows = taps_of(down, map.rows, ms.top + y, where.top, where.top + where.height);
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
