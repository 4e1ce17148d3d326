#include "train/pictures.hpp"

#include <algorithm>
#include <cmath>

#include "premix/io/picture.hpp"

namespace premix::training {
namespace {

constexpr std::size_t max_images = 20;

// Mean of |prediction - truth| over the bands, divided by its maximum. (1, H, W, B) -> (1, H, W, 1).
Tensor<float> error_map(const Tensor<float>& prediction, const Tensor<float>& truth) {
  const Shape shape = truth.shape();
  Tensor<float> error(shape.with_channels(1));
  float* to = error.mutable_data();
  float largest = 0;
  for (std::int64_t p = 0; p < shape.pixels(); ++p) {
    float sum = 0;
    for (std::int64_t c = 0; c < shape.c; ++c)
      sum += std::abs(std::clamp(prediction.data()[p * shape.c + c], 0.0f, 1.0f) - truth.data()[p * shape.c + c]);
    to[p] = sum / static_cast<float>(shape.c);
    largest = std::max(largest, to[p]);
  }
  if (largest > 0) std::for_each(to, to + shape.pixels(), [&](float& value) { value /= largest; });
  return error;
}

}  // namespace

void ValidationPicture::add(const Sample& sample, const Tensor<float>& prediction) {
  if (rows_.size() == max_images) return;
  // All three images use the stretch of the truth, so they stay comparable.
  const Stretch stretch = percentile_stretch(choose_bands(sample.truth, rgb_));
  std::vector<Tensor<float>> columns;
  for (const auto* image : {&sample.up_ms, &prediction, &sample.truth})
    columns.push_back(stretched(choose_bands(*image, rgb_), stretch));
  columns.push_back(choose_bands(error_map(prediction, sample.truth), std::vector<int>(rgb_.size(), 0)));
  Tensor<float> row = side_by_side(columns);
  if (rows_.empty() || row.shape().w == rows_.front().shape().w) rows_.push_back(std::move(row));
}

void ValidationPicture::write(const std::filesystem::path& path) const {
  if (!rows_.empty()) write_png(path, stacked(rows_));
}

}  // namespace premix::training
