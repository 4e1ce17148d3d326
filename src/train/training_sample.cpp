#include "premix/train/training_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "premix/core/error.hpp"
#include "premix/image/bicubic.hpp"
#include "premix/image/mtf.hpp"

namespace premix {
namespace {

// The distributions of the standard library differ between implementations; these do not.
class Draws {
 public:
  explicit Draws(std::mt19937& generator) : generator_(generator) {}

  // In [0, 1).
  double unit() { return static_cast<double>(generator_()) / 4294967296.0; }
  double in(DrawRange range) { return range.least + (range.most - range.least) * unit(); }
  // Log-uniform.
  double factor(DrawRange range) { return range.least * std::pow(range.most / range.least, unit()); }
  bool chance(double probability) { return unit() < probability; }
  // In 0 .. count - 1.
  std::int64_t index(std::int64_t count) { return static_cast<std::int64_t>(unit() * static_cast<double>(count)); }
  // Mean 0, deviation 1: the sum of four uniform draws, close to a Gaussian.
  float noise() {
    const double sum = unit() + unit() + unit() + unit() - 2;
    return static_cast<float>(sum * std::sqrt(3.0));
  }

 private:
  std::mt19937& generator_;
};

Tensor<float> scaled(const Tensor<float>& image, const std::vector<float>& factors) {
  Tensor<float> result(image.shape());
  float* to = result.mutable_data();
  const float* from = image.data();
  const auto channels = static_cast<std::int64_t>(factors.size());
  for (std::int64_t pixel = 0; pixel < image.shape().pixels(); ++pixel)
    for (std::int64_t c = 0; c < channels; ++c) *to++ = *from++ * factors[static_cast<std::size_t>(c)];
  return result;
}

void add_noise(Tensor<float>& image, float deviation, Draws& draws) {
  float* values = image.mutable_data();
  for (std::int64_t i = 0; i < image.size(); ++i) values[i] += deviation * draws.noise();
}

// Replaces a part of the PAN by a mix of the bands with random weights. The mean of the mix is the PAN's.
void mix_bands_into_pan(Tensor<float>& pan, const Tensor<float>& bands, Draws& draws) {
  const auto channels = bands.shape().c;
  std::vector<double> weights;
  for (std::int64_t c = 0; c < channels; ++c) weights.push_back(std::pow(draws.unit(), 3));
  const float part = static_cast<float>(draws.unit());
  double pan_sum = 0, mix_sum = 0;
  Tensor<float> mix(pan.shape());
  float* mixed = mix.mutable_data();
  for (std::int64_t pixel = 0; pixel < pan.size(); ++pixel) {
    double value = 0;
    for (std::int64_t c = 0; c < channels; ++c)
      value += weights[static_cast<std::size_t>(c)] * static_cast<double>(bands.data()[pixel * channels + c]);
    mixed[pixel] = static_cast<float>(value);
    mix_sum += value;
    pan_sum += static_cast<double>(pan.data()[pixel]);
  }
  if (!(mix_sum > 0)) return;
  const float scale = static_cast<float>(pan_sum / mix_sum);
  float* values = pan.mutable_data();
  for (std::int64_t pixel = 0; pixel < pan.size(); ++pixel)
    values[pixel] += part * (scale * mixed[pixel] - values[pixel]);
}

// A place and an orientation in an image of height x width pixels.
struct Crop {
  std::int64_t top, left, side_rows, side_columns;
  bool flip_rows, flip_columns, transpose;
};

// The part of an image with 1 / ratio of the pixels, turned.
Tensor<float> cut(const Tensor<float>& image, const Crop& crop, std::int64_t ratio) {
  const std::int64_t height = crop.side_rows / ratio, width = crop.side_columns / ratio, channels = image.shape().c;
  const std::int64_t top = crop.top / ratio, left = crop.left / ratio;
  Tensor<float> result({1, height, width, channels});
  float* to = result.mutable_data();
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      std::int64_t row = crop.transpose ? x : y, column = crop.transpose ? y : x;
      if (crop.flip_rows) row = height - 1 - row;
      if (crop.flip_columns) column = width - 1 - column;
      const float* from = image.data() + ((top + row) * image.shape().w + left + column) * channels;
      to = std::copy_n(from, channels, to);
    }
  return result;
}

// Crops begin at multiples of truth_ratio, so that the pixels of the truth are whole.
Crop draw_crop(const Recipe& recipe, Shape image, std::int64_t truth_ratio, Draws& draws) {
  Crop crop = {.top = 0,
               .left = 0,
               .side_rows = recipe.crop > 0 ? recipe.crop : image.h,
               .side_columns = recipe.crop > 0 ? recipe.crop : image.w,
               .flip_rows = false,
               .flip_columns = false,
               .transpose = false};
  crop.top = truth_ratio * draws.index((image.h - crop.side_rows) / truth_ratio + 1);
  crop.left = truth_ratio * draws.index((image.w - crop.side_columns) / truth_ratio + 1);
  if (!recipe.dihedral) return crop;
  crop.flip_rows = draws.chance(0.5);
  crop.flip_columns = draws.chance(0.5);
  crop.transpose = draws.chance(0.5) && crop.side_rows == crop.side_columns;
  return crop;
}

MtfReduction draw_reduction(int ratio, DrawRange gains, double shift, Draws& draws) {
  MtfReduction reduction{.ratio = ratio, .row_gain = draws.in(gains), .column_gain = draws.in(gains)};
  reduction.row_shift = ratio * draws.in({-shift, shift});
  reduction.column_shift = ratio * draws.in({-shift, shift});
  return reduction;
}

// The images of a draw, before they are cut.
struct DrawnImages {
  Tensor<float> ms, pan, truth;
};

DrawnImages draw_images(const ImagePair& pair, int pair_ratio, const Recipe& recipe, SampleKind kind, Draws& draws) {
  const bool full = kind == SampleKind::full_resolution;
  const double brightness = draws.factor(recipe.brightness);
  const DrawRange of_band = {1 / recipe.band_brightness, recipe.band_brightness};
  std::vector<float> factors;
  for (std::int64_t band = 0; band < pair.ms.shape().c; ++band)
    factors.push_back(static_cast<float>(brightness * draws.factor(of_band)));
  const auto pan_factor = static_cast<float>(brightness * draws.factor(of_band));
  const Tensor<float> truth = scaled(pair.ms, factors);
  Tensor<float> pan = scaled(pair.pan, {pan_factor});
  if (!full) {
    MtfReduction reduction = draw_reduction(pair_ratio, recipe.pan_gain, recipe.shift, draws);
    reduction.row_shift -= pair.pan_row;
    reduction.column_shift -= pair.pan_column;
    pan = reduced_by_mtf(pan, reduction);
  }
  if (!full && draws.chance(recipe.pan_mix)) mix_bands_into_pan(pan, truth, draws);
  const int ms_reduction = recipe.ms_ratio(pair_ratio) / (full ? pair_ratio : 1);
  Tensor<float> ms =
      ms_reduction > 1 ? reduced_by_mtf(truth, draw_reduction(ms_reduction, recipe.ms_gain, 0, draws)) : truth.clone();
  const auto deviation = static_cast<float>(brightness * recipe.noise * draws.unit());
  if (deviation > 0 && !full) {
    add_noise(ms, deviation, draws);
    add_noise(pan, deviation, draws);
  }
  return {ms, pan, truth};
}

}  // namespace

void check_recipe_takes(const ImagePair& pair, int pair_ratio, const Recipe& recipe, SampleKind kind) {
  const bool full = kind == SampleKind::full_resolution;
  const int ratio = recipe.ms_ratio(pair_ratio);
  if (full && ratio % pair_ratio != 0)
    fail(ErrorKind::usage, Option("full_resolution", recipe.full_resolution), ": the ratio ", ratio,
         " must be a multiple of the images' ratio ", pair_ratio, ". Set ", Option("full_resolution", 0), '.');
  if (full && recipe.crop % pair_ratio != 0)
    fail(ErrorKind::usage, Option("crop", recipe.crop), ": must be a multiple of the images' ratio ", pair_ratio,
         ", or set ", Option("full_resolution", 0), '.');
  if (full && !pair.has_common_borders())
    fail(ErrorKind::data, pair.name, ": PAN and MS have different borders, by ", pair.pan_row, " rows and ",
         pair.pan_column, " columns of PAN pixels. Set ", Option("full_resolution", 0),
         ", or cut both to the same ground.");
  const Shape image = full ? pair.pan.shape() : pair.ms.shape();
  const std::int64_t multiple = std::lcm(4, ratio);
  const auto where = [&] { return concat(pair.name, ": ", full ? "PAN " : "MS ", image.h, " x ", image.w); };
  if (image.h % multiple != 0 || image.w % multiple != 0)
    fail(ErrorKind::data, where(), ": rows and columns must be multiples of ", multiple, ". Cut the images.");
  if (image.h < recipe.crop || image.w < recipe.crop)
    fail(ErrorKind::data, where(), " is smaller than a crop. Set ", Option("crop"), " to at most ",
         std::min(image.h, image.w) / multiple * multiple, ", or leave the image out.");
}

TrainingBatch draw_sample(const ImagePair& pair, int pair_ratio, const Recipe& recipe, SampleKind kind,
                          std::mt19937& generator) {
  check_recipe_takes(pair, pair_ratio, recipe, kind);
  Draws draws(generator);
  const auto [ms, pan, truth] = draw_images(pair, pair_ratio, recipe, kind, draws);
  const Tensor<float> up_ms = bicubic_resize(ms, pan.shape().h, pan.shape().w);
  const BranchImages<float> images = branch_images(up_ms, pan);
  const std::int64_t truth_ratio = pan.shape().h / truth.shape().h;
  std::vector<TrainingBatch> crops;
  for (std::int64_t i = 0; i < recipe.crops_per_image; ++i) {
    const Crop crop = draw_crop(recipe, pan.shape(), truth_ratio, draws);
    TrainingBatch& sample = crops.emplace_back();
    sample.images = images.map([&](const Tensor<float>& image) { return cut(image, crop, 1); });
    sample.truth = cut(truth, crop, truth_ratio);
  }
  TrainingBatch result = joined(crops);
  result.names = {pair.name};
  return result;
}

}  // namespace premix
