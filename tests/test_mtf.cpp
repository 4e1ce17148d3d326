#include "premix/infer/mtf.hpp"

#include <cmath>
#include <numbers>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

GridMap map_with(double row_ratio, double column_ratio, double row_offset = 0, double column_offset = 0) {
  return {{1 / row_ratio, row_offset}, {1 / column_ratio, column_offset}};
}

double pan_index(AxisMap map, std::int64_t ms) { return (static_cast<double>(ms) - map.offset) / map.scale; }

// The definition, in two dimensions at once, over all pixels within 8 sigma.
double reference_sample(const Tensor<float>& image, const GridMap& map, std::int64_t row, std::int64_t column,
                        double gain) {
  const auto sigma = [&](double ratio) { return std::sqrt(2 * std::log(1 / gain)) * ratio / std::numbers::pi; };
  const double down = sigma(1 / std::abs(map.rows.scale)), across = sigma(1 / std::abs(map.columns.scale));
  double sum = 0, weights = 0;
  for (std::int64_t y = 0; y < image.shape().h; ++y)
    for (std::int64_t x = 0; x < image.shape().w; ++x) {
      const double v = (static_cast<double>(y) - pan_index(map.rows, row)) / down,
                   u = (static_cast<double>(x) - pan_index(map.columns, column)) / across;
      if (std::abs(v) > 8 || std::abs(u) > 8) continue;
      const double weight = std::exp(-(u * u + v * v) / 2);
      sum += weight * image(0, y, x, 0);
      weights += weight;
    }
  return sum / weights;
}

}  // namespace

TEST_CASE("the MTF filter has its gain at the Nyquist frequency of the MS", "[mtf]") {
  const double gain = GENERATE(0.15, 0.22, 0.35), ratio = GENERATE(2.0, 3.7, 4.0);
  CAPTURE(gain, ratio);
  const GridMap map = map_with(ratio, ratio);
  // Waves with a period of two MS pixels. Maximum at the centre of MS pixel 10, minima at its neighbours.
  const auto wave = [&](std::int64_t i) {
    return std::cos(std::numbers::pi * (static_cast<double>(i) - pan_index(map.rows, 10)) / ratio);
  };
  const auto across = image_of<float>({1, 80, 80, 1}, [&](auto, auto, std::int64_t x, auto) { return wave(x); });
  const auto down = image_of<float>({1, 80, 80, 1}, [&](auto, std::int64_t y, auto, auto) { return wave(y); });
  for (const Tensor<float>& image : {across, down}) {
    const Tensor<float> sampled = sampled_by_mtf(image, {0, 0, 80, 80}, map, {10, 10, 1, 1}, gain);
    CHECK(sampled.item() == Approx(gain).margin(5e-4).epsilon(0));
  }
}

TEST_CASE("the MTF filter equals its definition at borders, between pixels and on flipped axes", "[mtf]") {
  const GridMap map = GENERATE(map_with(4, 4, -0.375, -0.375), map_with(2, 3.7, 0.2, -0.7), map_with(-3, 4, 11.3, 0));
  const auto image = uniform_image<float>({1, 31, 43, 1}, 0, 1, 1);
  const Window ms = {1, 2, 7, 8};
  const Tensor<float> sampled = sampled_by_mtf(image, {0, 0, 31, 43}, map, ms, 0.25);
  for (std::int64_t y = 0; y < ms.height; ++y)
    for (std::int64_t x = 0; x < ms.width; ++x) {
      const std::int64_t row = ms.top + y, column = ms.left + x;
      const double v = pan_index(map.rows, row), u = pan_index(map.columns, column);
      if (v < 0 || v > 30 || u < 0 || u > 42) continue;
      CAPTURE(row, column);
      CHECK(sampled(0, y, x, 0) == Approx(reference_sample(image, map, row, column, 0.25)).margin(2e-4).epsilon(0));
    }
}

TEST_CASE("the MTF filter keeps constants, even where MS pixels lie outside the image", "[mtf]") {
  const auto sampled =
      sampled_by_mtf(Tensor<float>::full({1, 20, 24, 1}, 0.7f), {0, 0, 20, 24}, map_with(4, 4), {-3, -3, 12, 13}, 0.3);
  CHECK(largest_difference(sampled, Tensor<float>::full({1, 12, 13, 1}, 0.7f)) < 1e-6);
}

TEST_CASE("a sample of the MTF filter has the same bits in any window that contains the filter", "[mtf]") {
  const GridMap map = map_with(3.7, 2, 0.3, -0.1);
  const auto image = uniform_image<float>({1, 90, 70, 1}, 0, 1, 1);
  const std::int64_t radius = MtfGaussian(0.3, 3.7).radius;
  const Window ms = {8, 11, 4, 6};
  const auto from = [&](AxisMap axis, std::int64_t i) {
    return static_cast<std::int64_t>(std::floor(pan_index(axis, i))) - radius - 1;
  };
  const std::int64_t top = from(map.rows, 8), left = from(map.columns, 11);
  const Window window = {top, left, from(map.rows, 11) + 2 * radius + 4 - top,
                         from(map.columns, 16) + 2 * radius + 4 - left};
  REQUIRE(top > 0);
  REQUIRE(left > 0);
  const auto whole = sampled_by_mtf(image, {0, 0, 90, 70}, map, ms, 0.3);
  CHECK(same_bits(whole, sampled_by_mtf(crop(image, window), window, map, ms, 0.3)));
}

TEST_CASE("invalid low-pass gains are usage errors", "[mtf]") {
  for (const double gain : {0.0, 1.0, -0.3, std::nan("")})
    CHECK_THAT(message_of(ErrorKind::usage, [&] { MtfGaussian(gain, 4); }), contains("above 0 and below 1"));
}
