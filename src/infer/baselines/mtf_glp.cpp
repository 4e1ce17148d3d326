#include "infer/baselines/mtf_glp.hpp"

#include <algorithm>
#include <cmath>

#include "infer/baselines/scene_moments.hpp"
#include "premix/core/parallel.hpp"
#include "premix/infer/mtf.hpp"

namespace premix::infer {
namespace {

// Taps of bicubic_sample() at PAN pixels of one axis, in MS pixels of the whole image.
std::vector<BicubicTaps<float>> taps_along(AxisMap map, Span pan, std::int64_t ms) {
  std::vector<BicubicTaps<float>> taps;
  for (std::int64_t i = pan.begin; i < pan.end; ++i) taps.push_back(bicubic_taps<float>(map, i, ms));
  return taps;
}

Span sources(const std::vector<BicubicTaps<float>>& taps) {
  Span sources = {taps.front().source[0], taps.front().source[0] + 1};
  for (const BicubicTaps<float>& tap : taps)
    for (const std::int64_t source : tap.source) sources = sources.joined({source, source + 1});
  return sources;
}

class MtfGlp {
 public:
  MtfGlp(const SceneSource& source, const std::vector<double>& mtf_gains)
      : map_(source.geometry.map),
        ms_height_(source.geometry.ms_height),
        ms_width_(source.geometry.ms_width),
        filters_(mtf_gains) {
    std::sort(filters_.begin(), filters_.end());
    filters_.erase(std::unique(filters_.begin(), filters_.end()), filters_.end());
    const Moments moments = scene_moments(source, filters_);
    const Eigen::VectorXd deviation = moments.covariance().diagonal().cwiseSqrt();
    for (std::size_t band = 0; band < mtf_gains.size(); ++band) {
      filter_of_band_.push_back(static_cast<std::size_t>(
          std::lower_bound(filters_.begin(), filters_.end(), mtf_gains[band]) - filters_.begin()));
      const double of_pan = deviation[source.geometry.bands + static_cast<Eigen::Index>(filter_of_band_.back())];
      gains_.push_back(of_pan > 0 ? static_cast<float>(deviation[static_cast<Eigen::Index>(band)] / of_pan) : 0.0f);
    }
  }

  // Two MS pixels of interpolation, plus the radius of the widest filter.
  std::int64_t reach() const {
    std::int64_t most = 0;
    for (const double ratio : {map_.row_ratio(), map_.column_ratio()})
      most = std::max(
          most, static_cast<std::int64_t>(std::ceil(2 * ratio)) + MtfGaussian(filters_.front(), ratio).radius + 1);
    return most;
  }

  std::int64_t bytes(const Window& block) const {
    const auto rows = taps_along(map_.rows, block.rows(), ms_height_);
    const auto columns = taps_along(map_.columns, block.columns(), ms_width_);
    const std::int64_t pixels = Window::of(sources(rows), sources(columns)).pixels();
    const auto bands = static_cast<std::int64_t>(gains_.size()), filters = static_cast<std::int64_t>(filters_.size());
    return static_cast<std::int64_t>(sizeof(float)) * (block.pixels() * bands + pixels * filters);
  }

  Tensor<float> operator()(const Tensor<float>& up_ms, const Tensor<float>& pan, const Window& block) const {
    const Shape shape = up_ms.shape();
    const auto rows = taps_along(map_.rows, block.rows(), ms_height_);
    const auto columns = taps_along(map_.columns, block.columns(), ms_width_);
    const Window ms = Window::of(sources(rows), sources(columns));
    std::vector<Tensor<float>> low_passed;
    for (const double filter : filters_) low_passed.push_back(sampled_by_mtf(pan, block, map_, ms, filter));

    Tensor<float> fused(shape);
    float* const to = fused.mutable_data();
    const auto width = static_cast<std::size_t>(ms.width);
    parallel_for(shape.h, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> row(width), detail(filters_.size());
      std::vector<std::vector<float>> low_rows(filters_.size(), row);
      for (std::int64_t y = begin; y < end; ++y) {
        for (std::size_t i = 0; i < filters_.size(); ++i)
          interpolate_rows(low_passed[i], rows[static_cast<std::size_t>(y)], ms.top, low_rows[i]);
        for (std::int64_t x = 0; x < shape.w; ++x) {
          const BicubicTaps<float>& taps = columns[static_cast<std::size_t>(x)];
          const auto low = [&](const std::vector<float>& from, int k) {
            return from[static_cast<std::size_t>(taps.source[k] - ms.left)];
          };
          for (std::size_t i = 0; i < filters_.size(); ++i)
            detail[i] =
                pan.data()[y * shape.w + x] - weighted_sum(taps.weight, low(low_rows[i], 0), low(low_rows[i], 1),
                                                           low(low_rows[i], 2), low(low_rows[i], 3));
          const std::int64_t at = (y * shape.w + x) * shape.c;
          for (std::size_t band = 0; band < gains_.size(); ++band)
            to[at + static_cast<std::int64_t>(band)] =
                up_ms.data()[at + static_cast<std::int64_t>(band)] + gains_[band] * detail[filter_of_band_[band]];
        }
      }
    });
    return fused;
  }

 private:
  static void interpolate_rows(const Tensor<float>& low, const BicubicTaps<float>& taps, std::int64_t top,
                               std::vector<float>& to) {
    const float* source[4];
    for (int k = 0; k < 4; ++k) source[k] = low.data() + (taps.source[k] - top) * low.shape().w;
    for (std::size_t x = 0; x < to.size(); ++x)
      to[x] = weighted_sum(taps.weight, source[0][x], source[1][x], source[2][x], source[3][x]);
  }

  GridMap map_;
  std::int64_t ms_height_, ms_width_;
  std::vector<double> filters_;  // distinct MTF gains, ascending: widest filter first
  std::vector<std::size_t> filter_of_band_;
  std::vector<float> gains_;  // std(MS_k) / std(P_L)
};

}  // namespace

BlockFusion mtf_glp_fusion(const SceneSource& source, const std::vector<double>& mtf_gains) {
  const MtfGlp glp(source, mtf_gains);
  return {.reach = glp.reach(), .fuse = glp, .bytes = [glp](const Window& block) { return glp.bytes(block); }};
}

}  // namespace premix::infer
