#include <algorithm>
#include <cmath>
#include <vector>

#include "premix/core/parallel.hpp"
#include "premix/infer/fuse.hpp"

namespace premix {
namespace {

// One axis: the MS pixels that lie wholly on the fused image, and the extent of each there, counted from the corner of its first pixel.
class Footprints {
 public:
  Footprints(AxisMap map, std::int64_t ms, std::int64_t fused) : map_(map) {
    constexpr double rounding = 1e-6;  // of geotransforms, in pixels
    const auto inside = [&](std::int64_t i) { return begin(i) >= -rounding && end(i) <= static_cast<double>(fused) + rounding; };
    while (first_ < ms && !inside(first_)) ++first_;
    last_ = first_;
    while (last_ < ms && inside(last_)) ++last_;
  }

  std::int64_t first() const { return first_; }
  std::int64_t count() const { return last_ - first_; }

  double begin(std::int64_t ms) const { return std::min(border(ms), border(ms + 1)); }
  double end(std::int64_t ms) const { return std::max(border(ms), border(ms + 1)); }

 private:
  // Where the border between MS pixels i - 1 and i lies.
  double border(std::int64_t i) const { return (static_cast<double>(i) - 0.5 - map_.offset) / map_.scale + 0.5; }

  AxisMap map_;
  std::int64_t first_ = 0, last_ = 0;
};

// The share of each fused pixel in an extent.
struct Weights {
  std::int64_t first = 0;
  std::vector<double> shares;  // sum 1

  Weights(double begin, double end, std::int64_t pixels) {
    first = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(begin)), 0, pixels - 1);
    const auto beyond = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(end)), first + 1, pixels);
    double sum = 0;
    for (std::int64_t i = first; i < beyond; ++i) {
      const double share = std::max(0.0, std::min(end, static_cast<double>(i + 1)) - std::max(begin, static_cast<double>(i)));
      shares.push_back(share), sum += share;
    }
    for (double& share : shares) share /= sum;
  }
};

}  // namespace

MsAverage average_on_ms_grid(const Tensor<float>& fused, const GridMap& map, std::int64_t height, std::int64_t width) {
  const auto [n, h, w, c] = fused.shape();
  PREMIX_CHECK(n == 1, "average_on_ms_grid: fused ", fused.shape(), " is not one image");
  const Footprints rows(map.rows, height, h), columns(map.columns, width, w);
  const Window part = {rows.first(), columns.first(), rows.count(), columns.count()};
  if (part.empty()) return {{}, part};
  MsAverage result = {Tensor<float>({1, part.height, part.width, c}), part};
  float* to = result.image.mutable_data();
  parallel_for(part.height, 1, [&, w = w, h = h, c = c](std::int64_t from, std::int64_t until) {
    std::vector<double> sum(static_cast<std::size_t>(c));
    for (std::int64_t y = from; y < until; ++y) {
      const Weights down(rows.begin(part.top + y), rows.end(part.top + y), h);
      for (std::int64_t x = 0; x < part.width; ++x) {
        const Weights across(columns.begin(part.left + x), columns.end(part.left + x), w);
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
