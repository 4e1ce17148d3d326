#include "infer/baselines/scene_moments.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/parallel.hpp"
#include "premix/infer/mtf.hpp"

namespace premix::infer {
namespace {

constexpr std::int64_t tile_rows = 32, tile_columns = 1024;  // MS pixels

// MS pixels with centres on the PAN.
Span centred_on_pan(AxisMap map, std::int64_t ms, std::int64_t pan) {
  const auto inside = [&](std::int64_t i) {
    return std::abs(map.inverse(i) + 0.5 - 0.5 * static_cast<double>(pan)) <= 0.5 * static_cast<double>(pan);
  };
  Span span = {0, 0};
  while (span.begin < ms && !inside(span.begin)) ++span.begin;
  span.end = span.begin;
  while (span.end < ms && inside(span.end)) ++span.end;
  return span;
}

// PAN pixels under MS pixels, plus the filter radius.
Span filtered_pixels(AxisMap map, Span ms, std::int64_t radius, std::int64_t pan) {
  const double at_first = map.inverse(ms.begin), at_last = map.inverse(ms.end - 1);
  const auto begin = static_cast<std::int64_t>(std::floor(std::min(at_first, at_last))) - radius;
  const auto end = static_cast<std::int64_t>(std::ceil(std::max(at_first, at_last))) + radius + 1;
  return {std::clamp<std::int64_t>(begin, 0, pan - 1), std::clamp<std::int64_t>(end, 1, pan)};
}

// A window of an image; invalid pixels are zero.
struct Pixels {
  Window window;
  Tensor<float> values;
  std::vector<std::uint8_t> valid;
  bool all_valid = true;

  Pixels(const ReadPixels& read, const Window& from, std::int64_t channels)
      : window(from), values({1, from.height, from.width, channels}), valid(static_cast<std::size_t>(from.pixels())) {
    float* to = values.mutable_data();
    read(window, to, valid.data());
    for (std::size_t i = 0; i < valid.size(); ++i) {
      if (!valid[i]) {
        std::fill_n(to, channels, 0.0f);
        all_valid = false;
      }
      to += channels;
    }
  }

  Tensor<float> mask() const {
    Tensor<float> result({1, window.height, window.width, 1});
    std::copy(valid.begin(), valid.end(), result.mutable_data());
    return result;
  }
};

// PAN sampled at MS pixels, from valid pixels only; NaN if they hold less than half of the filter's weight.
Tensor<float> pan_at_ms(const Pixels& pan, const GridMap& map, const Window& ms, double gain) {
  Tensor<float> result = sampled_by_mtf(pan.values, pan.window, map, ms, gain);
  if (pan.all_valid) return result;
  const Tensor<float> share = sampled_by_mtf(pan.mask(), pan.window, map, ms, gain);
  const auto shares = share.values();
  float* values = result.mutable_data();
  for (std::int64_t i = 0; i < result.size(); ++i)
    values[i] = shares[i] >= 0.5f ? values[i] / shares[i] : std::nanf("");
  return result;
}

class Tile {
 public:
  Tile(const SceneSource& source, const std::vector<double>& gains, const Window& window)
      : ms_(source.read_ms, window, source.geometry.bands),
        size_(source.geometry.bands + static_cast<std::int64_t>(gains.size())) {
    const SceneGeometry& scene = source.geometry;
    const double least = *std::min_element(gains.begin(), gains.end());
    const MtfGaussian widest_down(least, scene.map.row_ratio()), widest_across(least, scene.map.column_ratio());
    const Span rows = filtered_pixels(scene.map.rows, window.rows(), widest_down.radius, scene.pan_height);
    const Span columns = filtered_pixels(scene.map.columns, window.columns(), widest_across.radius, scene.pan_width);
    const Pixels pan(source.read_pan, Window::of(rows, columns), 1);
    for (const double gain : gains) pan_.push_back(pan_at_ms(pan, scene.map, window, gain));
  }

  // Two passes over a row: the mean, then the deviations from it.
  Moments row(std::int64_t y) const {
    Moments moments(size_);
    Eigen::VectorXd pixel(size_);
    for (std::int64_t x = 0; x < ms_.window.width; ++x) {
      if (!take(y, x, pixel)) continue;
      moments.mean += pixel;
      ++moments.count;
    }
    if (moments.count == 0) return moments;
    moments.mean /= static_cast<double>(moments.count);
    for (std::int64_t x = 0; x < ms_.window.width; ++x) {
      if (!take(y, x, pixel)) continue;
      pixel -= moments.mean;
      moments.products.noalias() += pixel * pixel.transpose();
    }
    return moments;
  }

 private:
  bool take(std::int64_t y, std::int64_t x, Eigen::VectorXd& pixel) const {
    const std::int64_t at = y * ms_.window.width + x, bands = ms_.values.shape().c;
    if (!ms_.valid[static_cast<std::size_t>(at)]) return false;
    for (std::int64_t band = 0; band < bands; ++band) pixel[band] = ms_.values.data()[at * bands + band];
    for (std::size_t i = 0; i < pan_.size(); ++i) {
      const float value = pan_[i].data()[at];
      if (std::isnan(value)) return false;
      pixel[bands + static_cast<std::int64_t>(i)] = value;
    }
    return true;
  }

  Pixels ms_;
  Eigen::Index size_;
  std::vector<Tensor<float>> pan_;  // per gain
};

// Sets deviations at the level of rounding to zero, so that no division uses them.
void without_rounding(Moments& moments) {
  constexpr double rounding = 1e-6;
  const Eigen::VectorXd deviation = moments.covariance().diagonal().cwiseSqrt();
  for (Eigen::Index i = 0; i < deviation.size(); ++i) {
    if (deviation[i] > rounding * std::abs(moments.mean[i])) continue;
    moments.products.row(i).setZero();
    moments.products.col(i).setZero();
  }
}

}  // namespace

void Moments::add(const Moments& more) {
  if (more.count == 0) return;
  const double before = static_cast<double>(count), added = static_cast<double>(more.count), total = before + added;
  const Eigen::VectorXd difference = more.mean - mean;
  products += more.products + before * added / total * difference * difference.transpose();
  mean += added / total * difference;
  count += more.count;
}

Moments scene_moments(const SceneSource& source, const std::vector<double>& gains) {
  const SceneGeometry& scene = source.geometry;
  const Span rows = centred_on_pan(scene.map.rows, scene.ms_height, scene.pan_height);
  const Span columns = centred_on_pan(scene.map.columns, scene.ms_width, scene.pan_width);
  Moments sum(scene.bands + static_cast<std::int64_t>(gains.size()));
  for (std::int64_t left = columns.begin; left < columns.end; left += tile_columns)
    for (std::int64_t top = rows.begin; top < rows.end; top += tile_rows) {
      const Window window =
          Window::of(rows.intersection({top, top + tile_rows}), columns.intersection({left, left + tile_columns}));
      const Tile tile(source, gains, window);
      std::vector<Moments> of_rows(static_cast<std::size_t>(window.height), Moments(0));
      parallel_for(window.height, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y) of_rows[static_cast<std::size_t>(y)] = tile.row(y);
      });
      for (const Moments& row : of_rows) sum.add(row);
    }
  if (sum.count == 0) fail(ErrorKind::data, "no MS pixel is valid together with the PAN around it: nothing to fuse");
  without_rounding(sum);
  return sum;
}

}  // namespace premix::infer
