#include "bench/quality/measures.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/error.hpp"
#include "premix/image/mtf.hpp"
#include "premix/infer/mtf.hpp"
#include "premix/infer/projection/average.hpp"
#include "premix/metrics/consistency.hpp"
#include "premix/metrics/psnr.hpp"
#include "premix/ops/separable_filter.hpp"

namespace premix::bench {
namespace {

constexpr double ms_gain = 0.3, detail_sigma = 2.5;

double largest_bias(const MemoryScene& scene, const Tensor<float>& fused) {
  const auto average = average_on_ms_grid(fused, scene.map, scene.ms.shape().h, scene.ms.shape().w);
  const auto bias = consistency(average.image, crop(scene.ms, average.part), scene.map.row_ratio()).bias;
  double largest = 0;
  for (const double band : bias) largest = std::max(largest, std::abs(band));
  return 100 * largest;
}

Tensor<float> band_of(const Tensor<float>& image, std::int64_t band) {
  Tensor<float> result(image.shape().with_channels(1));
  float* to = result.mutable_data();
  for (std::int64_t i = 0; i < result.size(); ++i) to[i] = image.data()[i * image.shape().c + band];
  return result;
}

// What the Gaussian removes, without a border of its radius.
std::vector<double> detail(const Tensor<float>& band) {
  constexpr int radius = 10;
  SeparableTaps taps;
  for (int i = -radius; i <= radius; ++i) taps.rows.push_back(std::exp(-0.5 * i * i / (detail_sigma * detail_sigma)));
  taps.columns = taps.rows;
  const Tensor<float> low = separable_filter(band, taps);
  std::vector<double> result;
  for (std::int64_t y = radius; y < band.shape().h - radius; ++y)
    for (std::int64_t x = radius; x < band.shape().w - radius; ++x)
      result.push_back(static_cast<double>(band(0, y, x, 0)) - static_cast<double>(low(0, y, x, 0)));
  return result;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double mean_a = 0, mean_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] / static_cast<double>(a.size());
    mean_b += b[i] / static_cast<double>(a.size());
  }
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

Figures native_figures(const MemoryScene& scene, const Tensor<float>& fused) {
  const auto ratio = static_cast<int>(fused.shape().h / scene.truth.shape().h);
  const auto by_mtf = reduced_by_mtf(fused, {.ratio = ratio, .row_gain = ms_gain, .column_gain = ms_gain});
  const GridMap map =
      map_by_size({fused.shape().w, fused.shape().h}, {scene.truth.shape().w, scene.truth.shape().h}, Alignment::edges);
  const auto mean = average_on_ms_grid(fused, map, scene.truth.shape().h, scene.truth.shape().w).image;
  return {psnr_db(by_mtf, scene.truth), psnr_db(mean, scene.truth), largest_bias(scene, fused)};
}

Figures reduced_figures(const MemoryScene& scene, const Tensor<float>& fused) {
  return {psnr_db(fused, scene.truth), largest_bias(scene, fused)};
}

Figures full_figures(const MemoryScene& scene, const Tensor<float>& fused) {
  const std::int64_t bands = scene.ms.shape().c;
  const std::vector<double> pan = detail(scene.pan);
  const Window whole = {0, 0, fused.shape().h, fused.shape().w};
  // MS pixels inside the fused image, without a rim.
  const Window ms = {2, 2, scene.ms.shape().h - 4, scene.ms.shape().w - 4};
  Tensor<float> degraded({1, ms.height, ms.width, bands});
  Figures figures;
  for (std::int64_t band = 0; band < bands; ++band) {
    const Tensor<float> image = band_of(fused, band);
    figures.push_back(correlation(detail(image), pan));
    const Tensor<float> reduced = sampled_by_mtf(image, whole, scene.map, ms, ms_gain);
    for (std::int64_t i = 0; i < reduced.size(); ++i) degraded.mutable_data()[i * bands + band] = reduced.data()[i];
  }
  figures.push_back(consistency(degraded, crop(scene.ms, ms), scene.map.row_ratio()).ergas);
  figures.push_back(largest_bias(scene, fused));
  return figures;
}

std::vector<std::string> full_columns(std::int64_t bands) {
  std::vector<std::string> columns;
  for (std::int64_t band = 1; band <= bands; ++band) columns.push_back(concat("detail ", band));
  columns.push_back("R-ERGAS");
  columns.push_back("bias %");
  return columns;
}

}  // namespace premix::bench
