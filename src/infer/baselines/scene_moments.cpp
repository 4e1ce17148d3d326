#include "infer/baselines/scene_moments.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/parallel.hpp"
#include "premix/infer/mtf.hpp"

namespace premix {
namespace {

constexpr std::int64_t tile_rows = 32, tile_columns = 1024;  // MS pixels

struct Span {
  std::int64_t begin, end;
};

double place_in_pan(AxisMap map, std::int64_t ms) { return (static_cast<double>(ms) - map.offset) / map.scale; }

// The MS pixels whose centres lie on the PAN.
Span on_pan(AxisMap map, std::int64_t ms, std::int64_t pan) {
  const auto inside = [&](std::int64_t i) {
    return std::abs(place_in_pan(map, i) + 0.5 - 0.5 * static_cast<double>(pan)) <= 0.5 * static_cast<double>(pan);
  };
  Span span = {0, 0};
  while (span.begin < ms && !inside(span.begin)) ++span.begin;
  span.end = span.begin;
  while (span.end < ms && inside(span.end)) ++span.end;
  return span;
}

// The PAN pixels that the filter has around MS pixels.
Span around(AxisMap map, std::int64_t first, std::int64_t count, std::int64_t radius, std::int64_t pan) {
  const double a = place_in_pan(map, first), b = place_in_pan(map, first + count - 1);
  const auto from = static_cast<std::int64_t>(std::floor(std::min(a, b))) - radius;
  const auto until = static_cast<std::int64_t>(std::ceil(std::max(a, b))) + radius + 1;
  return {std::clamp<std::int64_t>(from, 0, pan - 1), std::clamp<std::int64_t>(until, 1, pan)};
}

// A window of an image as SceneIo reads it, zero where invalid.
struct Pixels {
  Window window;
  Tensor<float> values;
  std::vector<std::uint8_t> valid;
  bool all_valid = true;

  Pixels(const std::function<void(const Window&, float*, std::uint8_t*)>& read, const Window& from,
         std::int64_t channels)
      : window(from),
        values({1, from.height, from.width, channels}),
        valid(static_cast<std::size_t>(from.height * from.width)) {
    float* to = values.mutable_data();
    read(window, to, valid.data());
    for (std::size_t i = 0; i < valid.size(); ++i, to += channels)
      if (!valid[i]) std::fill_n(to, channels, 0.0f), all_valid = false;
  }

  Tensor<float> mask() const {
    Tensor<float> result({1, window.height, window.width, 1});
    std::copy(valid.begin(), valid.end(), result.mutable_data());
    return result;
  }
};

// The PAN at MS pixels, over its valid pixels; NaN where less than half of the filter is on them.
Tensor<float> pan_at_ms(const Pixels& pan, const GridMap& map, const Window& ms, double gain) {
  Tensor<float> result = sampled_by_mtf(pan.values, pan.window, map, ms, gain);
  if (pan.all_valid) return result;
  const Tensor<float> share = sampled_by_mtf(pan.mask(), pan.window, map, ms, gain);
  const float* of = share.data();
  for (float *value = result.mutable_data(), *end = value + result.size(); value < end; ++value, ++of)
    *value = *of >= 0.5f ? *value / *of : std::nanf("");
  return result;
}

class Tile {
 public:
  Tile(const SceneIo& io, const std::vector<double>& gains, const Window& window)
      : ms_(io.read_ms, window, io.bands), size_(io.bands + static_cast<std::int64_t>(gains.size())) {
    // The widest of the filters.
    const double least = *std::min_element(gains.begin(), gains.end());
    const Span rows =
        around(io.map.rows, window.top, window.height, MtfGaussian(least, io.map.row_ratio()).radius, io.pan_height);
    const Span columns = around(io.map.columns, window.left, window.width,
                                MtfGaussian(least, io.map.column_ratio()).radius, io.pan_width);
    const Pixels pan(io.read_pan, {rows.begin, columns.begin, rows.end - rows.begin, columns.end - columns.begin}, 1);
    for (const double gain : gains) pan_.push_back(pan_at_ms(pan, io.map, window, gain));
  }

  // Two passes over a row: the mean, then what there is about it.
  Moments row(std::int64_t y) const {
    Moments moments(size_);
    Eigen::VectorXd pixel(size_);
    for (std::int64_t x = 0; x < ms_.window.width; ++x)
      if (take(y, x, pixel)) moments.mean += pixel, ++moments.count;
    if (moments.count == 0) return moments;
    moments.mean /= static_cast<double>(moments.count);
    for (std::int64_t x = 0; x < ms_.window.width; ++x)
      if (take(y, x, pixel)) pixel -= moments.mean, moments.products.noalias() += pixel * pixel.transpose();
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
  std::vector<Tensor<float>> pan_;  // for each gain
};

// What is constant but for the rounding of floats and of their sums becomes constant, so that nothing is divided by
// such a deviation.
void without_rounding(Moments& moments) {
  constexpr double rounding = 1e-6;
  const Eigen::VectorXd deviation = moments.covariance().diagonal().cwiseSqrt();
  for (Eigen::Index i = 0; i < deviation.size(); ++i)
    if (deviation[i] <= rounding * std::abs(moments.mean[i]))
      moments.products.row(i).setZero(), moments.products.col(i).setZero();
}

}  // namespace

void Moments::add(const Moments& more) {
  if (more.count == 0) return;
  const double before = static_cast<double>(count), now = static_cast<double>(more.count), both = before + now;
  const Eigen::VectorXd apart = more.mean - mean;
  products += more.products + before * now / both * apart * apart.transpose();
  mean += now / both * apart;
  count += more.count;
}

Moments scene_moments(const SceneIo& io, const std::vector<double>& gains) {
  const Span rows = on_pan(io.map.rows, io.ms_height, io.pan_height),
             columns = on_pan(io.map.columns, io.ms_width, io.pan_width);
  Moments sum(io.bands + static_cast<std::int64_t>(gains.size()));
  for (std::int64_t left = columns.begin; left < columns.end; left += tile_columns)
    for (std::int64_t top = rows.begin; top < rows.end; top += tile_rows) {
      const Window window = {top, left, std::min(tile_rows, rows.end - top),
                             std::min(tile_columns, columns.end - left)};
      const Tile tile(io, gains, window);
      std::vector<Moments> of_rows(static_cast<std::size_t>(window.height), Moments(0));
      parallel_for(window.height, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y) of_rows[static_cast<std::size_t>(y)] = tile.row(y);
      });
      for (const Moments& row : of_rows) sum.add(row);
    }
  if (sum.count == 0)
    fail(ErrorKind::data, "no pixel of the MS is valid together with the PAN around it: there is nothing to fuse");
  without_rounding(sum);
  return sum;
}

}  // namespace premix
