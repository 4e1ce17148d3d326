#include "demo/scene.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "premix/core/random.hpp"
#include "premix/data/degrade.hpp"
#include "premix/image/blur.hpp"
#include "premix/image/window.hpp"

namespace demo {
namespace {

using premix::Shape;
using premix::Tensor;

// Approximates normal deviates by sums of twelve uniform ones. std::normal_distribution differs between platforms.
Tensor<float> noise(Shape shape, double deviation, std::uint32_t seed) {
  std::mt19937 generator = premix::python_random(seed);
  Tensor<float> sum = Tensor<float>::zeros(shape), uniform(shape);
  for (int i = 0; i < 12; ++i) {
    fill_uniform(uniform, 0.5 * deviation, generator);
    float* to = sum.mutable_data();
    for (std::int64_t j = 0; j < shape.size(); ++j) to[j] += uniform.data()[j];
  }
  return sum;
}

Tensor<float> rounded_counts(Tensor<float> image) {
  float* values = image.mutable_data();
  for (std::int64_t i = 0; i < image.size(); ++i)
    values[i] = std::clamp(std::round(values[i]), 0.0f, static_cast<float>(max_val));
  return image;
}

std::vector<std::string> four_bands() { return {"blue", "green", "red", "nir"}; }

}  // namespace

Scene landsat_scene(const std::string& path) {
  const premix::RasterInfo info = premix::read_raster_info(path);
  const Tensor<float> image = premix::read_raster(path, {1, 2, 3, 4});
  const Tensor<float> truth = premix::crop(image, {0, 0, info.height / 8 * 8, info.width / 8 * 8});
  return {"Landsat-7 ETM+ bands 1 to 4, Olinda (Brazil), pixels of 28.5 m", truth, info.geo, four_bands()};
}

Scene generated_scene() {
  const Shape shape{1, 352, 344, 4};
  std::mt19937 generator = premix::python_random(7);
  Tensor<float> field_colours({1, 40, 40, 4});
  fill_uniform(field_colours, 60.0, generator);
  const Tensor<float> texture = premix::gaussian_blur(noise(shape.with_channels(1), 30.0, 8));

  Tensor<float> truth(shape);
  float* to = truth.mutable_data();
  for (std::int64_t y = 0; y < shape.h; ++y)
    for (std::int64_t x = 0; x < shape.w; ++x) {
      // Fields are rotated against the pixel grid. A road follows every fourth border.
      const double along = 0.9 * static_cast<double>(y) + 0.3 * static_cast<double>(x),
                   across = 0.95 * static_cast<double>(x) - 0.25 * static_cast<double>(y) + 100;
      const auto row = static_cast<std::int64_t>(along / 17), column = static_cast<std::int64_t>(across / 23);
      const bool road = std::fmod(along, 68) < 1.5 || std::fmod(across, 92) < 1.5;
      for (std::int64_t b = 0; b < 4; ++b) {
        const float colour = road ? 50.0f : field_colours(0, row % 40, column % 40, b);
        to[(y * shape.w + x) * 4 + b] = 110.0f + colour + texture(0, y, x, 0) * (b == 3 ? 1.5f : 1.0f);
      }
    }
  return {"a generated scene of fields and roads", rounded_counts(truth), {}, four_bands()};
}

const std::vector<double>& pan_weights() {
  static const std::vector<double> weights{0.05, 0.25, 0.30, 0.40};  // 0.52 to 0.90 micrometres
  return weights;
}

Tensor<float> simulated_pan(const Tensor<float>& truth) {
  const Shape shape = truth.shape();
  const Tensor<float> blurred = premix::gaussian_blur(truth), noisy = noise(shape, 1.5, 9);
  Tensor<float> pan(shape.with_channels(1));
  float* to = pan.mutable_data();
  for (std::int64_t pixel = 0; pixel < shape.pixels(); ++pixel) {
    double sum = 0;
    for (std::int64_t b = 0; b < shape.c; ++b) {
      const std::int64_t i = pixel * shape.c + b;
      // Averages blurred and sharp values, because a PAN detector blurs less than the 3 x 3 Gaussian.
      sum +=
          pan_weights()[static_cast<std::size_t>(b)] * (0.5 * (truth.data()[i] + blurred.data()[i]) + noisy.data()[i]);
    }
    to[pixel] = static_cast<float>(sum);
  }
  return rounded_counts(pan);
}

Tensor<float> simulated_ms(const Tensor<float>& truth) { return rounded_counts(premix::degrade(truth, ratio)); }

}  // namespace demo
