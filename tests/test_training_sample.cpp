#include "premix/train/training_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>

#include "premix/image/bicubic.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// MTF degradation without random parts.
Recipe fixed_recipe() { return {.degradation = Degradation::mtf, .ms_gain = {0.3, 0.3}, .pan_gain = {0.2, 0.2}}; }

// All random parts except crop and orientation.
Recipe random_recipe() {
  return {.degradation = Degradation::mtf,
          .brightness = {0.5, 1.3},
          .band_brightness = 1.2,
          .noise = 0.01,
          .shift = 0.25,
          .pan_mix = 0.5};
}

ImagePair pair_of(std::int64_t height, std::int64_t width, int ratio) {
  return {.name = "pair",
          .ms = uniform_image<float>({1, height, width, 3}, 0.1, 0.9, 1),
          .pan = uniform_image<float>({1, ratio * height, ratio * width, 1}, 0.1, 0.9, 2)};
}

ImagePair constant_pair(std::int64_t side, int ratio, float value) {
  return {.name = "pair",
          .ms = Tensor<float>::full({1, side, side, 3}, value),
          .pan = Tensor<float>::full({1, ratio * side, ratio * side, 1}, value)};
}

TrainingBatch draw(const ImagePair& pair, int ratio, const Recipe& recipe, std::uint32_t seed = 1,
                   SampleKind kind = SampleKind::reduced) {
  std::mt19937 generator(seed);
  return draw_sample(pair, ratio, recipe, kind, generator);
}

std::vector<Tensor<float>> expected_tensors(const Tensor<float>& up_ms, const Tensor<float>& pan,
                                            const Tensor<float>& truth) {
  TrainingBatch batch;
  batch.images = branch_images(up_ms, pan);
  batch.truth = truth;
  return batch.tensors();
}

void check_same(const std::vector<Tensor<float>>& a, const std::vector<Tensor<float>>& b) {
  REQUIRE(a.size() == 7);
  REQUIRE(b.size() == 7);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK(same_bits(a[i], b[i]));
  }
}

Tensor<float> window(const Tensor<float>& image, std::int64_t top, std::int64_t left, std::int64_t side) {
  return image_of<float>({1, side, side, image.shape().c}, [&](auto, std::int64_t y, std::int64_t x, std::int64_t c) {
    return image(0, top + y, left + x, c);
  });
}

// Orientation 0 .. 7 of a square image.
Tensor<float> turned(const Tensor<float>& image, int orientation) {
  const std::int64_t last = image.shape().h - 1;
  return image_of<float>(image.shape(), [&](auto, std::int64_t y, std::int64_t x, std::int64_t c) {
    std::int64_t row = orientation & 4 ? x : y, column = orientation & 4 ? y : x;
    if (orientation & 1) row = last - row;
    if (orientation & 2) column = last - column;
    return image(0, row, column, c);
  });
}

double mean_of(const Tensor<float>& image) {
  double sum = 0;
  for (const float value : image.values()) sum += static_cast<double>(value);
  return sum / static_cast<double>(image.size());
}

double variance_about(const Tensor<float>& image, double centre) {
  double sum = 0;
  for (const float value : image.values()) sum += std::pow(static_cast<double>(value) - centre, 2);
  return sum / static_cast<double>(image.size());
}

}  // namespace

TEST_CASE("a sample without random parts is the MTF reduction of its images", "[training_sample]") {
  const int ratio = GENERATE(2, 4);
  const ImagePair pair = pair_of(16, 24, ratio);
  const TrainingBatch sample = draw(pair, ratio, fixed_recipe());
  const auto ms = reduced_by_mtf(pair.ms, {.ratio = ratio, .row_gain = 0.3, .column_gain = 0.3});
  const auto pan = reduced_by_mtf(pair.pan, {.ratio = ratio, .row_gain = 0.2, .column_gain = 0.2});
  check_same(sample.tensors(), expected_tensors(bicubic_resize(ms, 16, 24), pan, pair.ms));
  CHECK(sample.names == std::vector<std::string>{"pair"});
  CHECK(sample.truth_ratio() == 1);
}

TEST_CASE("a training ratio reduces the MS by itself, the PAN by the ratio of the images", "[training_sample]") {
  const ImagePair pair = pair_of(16, 24, 2);
  Recipe recipe = fixed_recipe();
  recipe.train_ratio = 4;
  const auto ms = reduced_by_mtf(pair.ms, {.ratio = 4, .row_gain = 0.3, .column_gain = 0.3});
  const auto pan = reduced_by_mtf(pair.pan, {.ratio = 2, .row_gain = 0.2, .column_gain = 0.2});
  check_same(draw(pair, 2, recipe).tensors(), expected_tensors(bicubic_resize(ms, 16, 24), pan, pair.ms));
}

TEST_CASE("the generator alone decides a sample", "[training_sample]") {
  const ImagePair pair = pair_of(16, 24, 4);
  Recipe recipe = random_recipe();
  recipe.crop = 12;
  recipe.dihedral = true;
  const TrainingBatch first = draw(pair, 4, recipe, 5), other = draw(pair, 4, recipe, 6);
  check_same(draw(pair, 4, recipe, 5).tensors(), first.tensors());
  for (std::size_t i = 0; i < 7; ++i) CHECK(!same_bits(first.tensors()[i], other.tensors()[i]));
}

TEST_CASE("a crop is one window of all images of the whole sample", "[training_sample]") {
  const ImagePair pair = pair_of(24, 32, 4);
  Recipe whole = random_recipe(), crops = whole;
  crops.crop = 12;
  crops.crops_per_image = 200;
  // The draws of crops follow the others, so that both samples show the same images.
  const auto parent = draw(pair, 4, whole).tensors(), drawn = draw(pair, 4, crops).tensors();
  std::set<std::int64_t> rows, columns;
  for (std::int64_t i = 0; i < crops.crops_per_image; ++i) {
    std::optional<std::pair<std::int64_t, std::int64_t>> place;
    for (std::int64_t top = 0; top <= 12 && !place; ++top)
      for (std::int64_t left = 0; left <= 20 && !place; ++left)
        if (same_bits(drawn[6].image(i), window(parent[6], top, left, 12))) place = {top, left};
    REQUIRE(place);
    rows.insert(place->first);
    columns.insert(place->second);
    for (std::size_t k = 0; k < 7; ++k) {
      CAPTURE(i, k);
      CHECK(same_bits(drawn[k].image(i), window(parent[k], place->first, place->second, 12)));
    }
  }
  CHECK(rows.size() == 13);
  CHECK(columns.size() == 21);
}

TEST_CASE("all eight orientations occur, the same in all images of a sample", "[training_sample]") {
  const auto kind = GENERATE(SampleKind::reduced, SampleKind::full_resolution);
  const ImagePair pair = pair_of(16, 16, 4);
  Recipe straight = random_recipe(), dihedral = straight;
  dihedral.dihedral = true;
  dihedral.crops_per_image = 64;
  const auto parent = draw(pair, 4, straight, 1, kind).tensors(), drawn = draw(pair, 4, dihedral, 1, kind).tensors();
  std::set<int> seen;
  for (std::int64_t i = 0; i < dihedral.crops_per_image; ++i) {
    int orientation = 0;
    while (orientation < 8 && !same_bits(drawn[6].image(i), turned(parent[6], orientation))) ++orientation;
    REQUIRE(orientation < 8);
    seen.insert(orientation);
    for (std::size_t k = 0; k < 7; ++k) {
      CAPTURE(i, k);
      CHECK(same_bits(drawn[k].image(i), turned(parent[k], orientation)));
    }
  }
  CHECK(seen.size() == 8);
}

TEST_CASE("whole images that are not square keep their sides when turned", "[training_sample]") {
  Recipe recipe = fixed_recipe();
  recipe.dihedral = true;
  recipe.crops_per_image = 16;
  CHECK(draw(pair_of(16, 24, 4), 4, recipe).truth.shape() == Shape{16, 16, 24, 3});
}

TEST_CASE("the reduced PAN lies at the centres of the MS pixels, whatever its borders", "[training_sample]") {
  const double pan_row = GENERATE(0.0, 0.5, -0.25), pan_column = GENERATE(0.0, 0.5);
  CAPTURE(pan_row, pan_column);
  // Ground of a period of 64 MS pixels, at a place in MS pixels from the corner of the MS.
  const auto ground = [](double y, double x) {
    return 0.5 + 0.2 * std::sin(2 * std::numbers::pi * y / 64) + 0.2 * std::cos(2 * std::numbers::pi * x / 64);
  };
  ImagePair pair{.name = "landsat", .ms = {}, .pan = {}, .pan_row = pan_row, .pan_column = pan_column};
  pair.ms = image_of<float>({1, 64, 64, 1}, [&](auto, std::int64_t y, std::int64_t x, auto) {
    return ground(static_cast<double>(y) + 0.5, static_cast<double>(x) + 0.5);
  });
  pair.pan = image_of<float>({1, 128, 128, 1}, [&](auto, std::int64_t y, std::int64_t x, auto) {
    return ground((static_cast<double>(y) + 0.5 + pan_row) / 2, (static_cast<double>(x) + 0.5 + pan_column) / 2);
  });
  const auto check_pan = [&](const Tensor<float>& pan) {
    double worst = 0;
    for (std::int64_t y = 8; y < 56; ++y)
      for (std::int64_t x = 8; x < 56; ++x)
        worst = std::max(worst, std::abs(static_cast<double>(pan(0, y, x, 0) - pair.ms(0, y, x, 0))));
    CHECK(worst < 1e-3);  // the other sign of half a PAN pixel gives 1e-2
  };
  check_pan(draw(pair, 2, fixed_recipe()).images.plain.pan);
  check_pan(reduced_sample(pair, 2, {.degradation = Degradation::mtf, .pan_gain = 0.2}).pan);
}

TEST_CASE("the PAN shifts by up to the recipe's shift, along both axes", "[training_sample]") {
  Recipe recipe = fixed_recipe();
  recipe.shift = 0.5;
  for (const bool down : {true, false}) {
    CAPTURE(down);
    ImagePair pair = pair_of(24, 24, 2);
    pair.pan_row = pair.pan_column = 0.5;
    pair.pan = image_of<float>({1, 48, 48, 1}, [&](auto, std::int64_t y, std::int64_t x, auto) {
      return (static_cast<double>(down ? y : x) + 1) / 64;  // 1 / 32 per pixel of the reduced PAN, 0 at the MS's corner
    });
    double least = 1, most = -1;
    for (std::uint32_t seed = 0; seed < 100; ++seed) {
      const auto pan = draw(pair, 2, recipe, seed).images.plain.pan;
      const double shift = static_cast<double>(pan(0, 12, 12, 0)) * 32 - 12.5;
      least = std::min(least, shift);
      most = std::max(most, shift);
    }
    CHECK(least > -0.501);
    CHECK(least < -0.47);
    CHECK(most < 0.501);
    CHECK(most > 0.47);
  }
}

TEST_CASE("a full-resolution sample has the original PAN, and the original MS as truth", "[training_sample]") {
  const auto [pair_ratio, train_ratio] = GENERATE(std::pair{4, 0}, std::pair{2, 4});
  const ImagePair pair = pair_of(16, 24, pair_ratio);
  Recipe recipe = random_recipe();
  recipe.brightness = {1, 1};
  recipe.band_brightness = 1;
  recipe.ms_gain = {0.3, 0.3};
  recipe.train_ratio = train_ratio;
  const TrainingBatch sample = draw(pair, pair_ratio, recipe, 1, SampleKind::full_resolution);
  const auto ms = train_ratio == 4 ? reduced_by_mtf(pair.ms, {.ratio = 2}) : pair.ms;
  const Shape pan = pair.pan.shape();
  check_same(sample.tensors(), expected_tensors(bicubic_resize(ms, pan.h, pan.w), pair.pan, pair.ms));
  CHECK(sample.truth_ratio() == pair_ratio);

  recipe.crop = 16;
  recipe.crops_per_image = 5;
  const TrainingBatch crops = draw(pair, pair_ratio, recipe, 1, SampleKind::full_resolution);
  for (std::int64_t i = 0; i < 5; ++i) {
    const std::int64_t side = 16 / pair_ratio;
    bool found = false;
    for (std::int64_t top = 0; top <= 16 - side; ++top)
      for (std::int64_t left = 0; left <= 24 - side; ++left)
        found |= same_bits(crops.truth.image(i), window(pair.ms, top, left, side)) &&
                 same_bits(crops.images.plain.pan.image(i), window(pair.pan, pair_ratio * top, pair_ratio * left, 16));
    CHECK(found);
  }
}

TEST_CASE("brightness is one log-uniform factor of all images, band brightness one of each band", "[training_sample]") {
  const ImagePair pair = constant_pair(12, 2, 0.5f);
  Recipe recipe = fixed_recipe();
  recipe.brightness = {0.25, 1.5};
  double logs = 0, least = 10, most = 0;
  constexpr int draws = 400;
  for (std::uint32_t seed = 0; seed < draws; ++seed) {
    const TrainingBatch sample = draw(pair, 2, recipe, seed);
    const double factor = mean_of(sample.truth) / 0.5;
    CHECK(mean_of(sample.images.plain.pan) / 0.5 == Approx(factor).epsilon(1e-5));
    CHECK(mean_of(sample.images.plain.ms) / 0.5 == Approx(factor).epsilon(1e-5));
    logs += std::log(factor) / draws;
    least = std::min(least, factor);
    most = std::max(most, factor);
  }
  CHECK(logs == Approx((std::log(0.25) + std::log(1.5)) / 2).margin(0.08));  // three deviations of the mean
  CHECK((least >= 0.2499 && least < 0.26));
  CHECK((most <= 1.5001 && most > 1.44));

  recipe.brightness = {1, 1};
  recipe.band_brightness = 1.25;
  std::set<float> factors;
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const TrainingBatch sample = draw(pair, 2, recipe, seed);
    factors.insert(sample.images.plain.pan(0, 0, 0, 0));
    for (std::int64_t band = 0; band < 3; ++band) factors.insert(sample.truth(0, 0, 0, band));
  }
  CHECK(factors.size() == 80);
  CHECK(*factors.begin() >= 0.5f / 1.2501f);
  CHECK(*factors.rbegin() <= 0.5f * 1.2501f);
}

TEST_CASE("noise in MS and PAN has a uniform deviation up to the recipe's, times the brightness", "[training_sample]") {
  const double brightness = GENERATE(1.0, 2.0);
  const ImagePair pair = constant_pair(12, 2, 0.4f);
  Recipe recipe = fixed_recipe();
  recipe.noise = 0.01;
  recipe.brightness = {brightness, brightness};
  double pan_variance = 0, ms_variance = 0, mean = 0;
  constexpr int draws = 400;
  for (std::uint32_t seed = 0; seed < draws; ++seed) {
    const TrainingBatch sample = draw(pair, 2, recipe, seed);
    pan_variance += variance_about(sample.images.plain.pan, 0.4 * brightness) / draws;
    ms_variance += variance_about(sample.images.plain.ms, 0.4 * brightness) / draws;
    mean += mean_of(sample.images.plain.pan) / draws;
    CHECK(variance_about(sample.truth, 0.4 * brightness) < 1e-12);
  }
  const double expected = std::pow(0.01 * brightness, 2) / 3;  // the mean square of a uniform deviation
  CHECK(pan_variance == Approx(expected).epsilon(0.12));       // three deviations of the mean
  CHECK(ms_variance > 0.3 * expected);                         // enlarged noise
  CHECK(ms_variance < expected);
  CHECK(mean == Approx(0.4 * brightness).margin(1e-4 * brightness));
}

TEST_CASE("a share of samples has a mix of the bands in the PAN, of the same mean", "[training_sample]") {
  const ImagePair pair = pair_of(12, 12, 2);
  Recipe recipe = fixed_recipe();
  const auto plain = draw(pair, 2, recipe).images.plain.pan;
  recipe.pan_mix = 0.3;
  int mixed = 0;
  constexpr int draws = 300;
  for (std::uint32_t seed = 0; seed < draws; ++seed) {
    const auto pan = draw(pair, 2, recipe, seed).images.plain.pan;
    mixed += !same_bits(pan, plain);
    CHECK(mean_of(pan) == Approx(mean_of(plain)).epsilon(1e-5));
  }
  CHECK(mixed > draws * 0.22);
  CHECK(mixed < draws * 0.38);
}

TEST_CASE("images that do not suit the recipe are errors with a remedy", "[training_sample]") {
  const auto error = [](ErrorKind kind, const ImagePair& pair, int ratio, const Recipe& recipe,
                        SampleKind sample = SampleKind::reduced) {
    return message_of(kind, [&] { draw(pair, ratio, recipe, 1, sample); });
  };
  Recipe recipe = fixed_recipe();
  CHECK_THAT(error(ErrorKind::data, pair_of(16, 18, 2), 2, recipe),
             contains("pair: MS 16 x 18: rows and columns must be multiples of 4. Cut the images"));
  recipe.train_ratio = 8;
  CHECK_THAT(error(ErrorKind::data, pair_of(16, 20, 2), 2, recipe), contains("must be multiples of 8"));
  recipe.train_ratio = 0;
  recipe.crop = 20;
  CHECK_THAT(error(ErrorKind::data, pair_of(16, 24, 2), 2, recipe),
             contains("pair: MS 16 x 24 is smaller than a crop. Set crop to at most 16"));
  const auto full = SampleKind::full_resolution;
  CHECK_NOTHROW(draw(pair_of(16, 24, 2), 2, recipe, 1, full));
  recipe.full_resolution = 0.25;
  CHECK_THAT(error(ErrorKind::usage, pair_of(16, 16, 3), 3, recipe, full),
             contains("crop = 20: must be a multiple of the images' ratio 3, or set full_resolution = 0"));
  recipe.train_ratio = 2;
  CHECK_THAT(error(ErrorKind::usage, pair_of(16, 16, 4), 4, recipe, full),
             contains("full_resolution = 0.25: the ratio 2 must be a multiple of the images' ratio 4"));
  recipe.train_ratio = 8;
  recipe.crop = 16;
  CHECK_THAT(error(ErrorKind::data, pair_of(15, 15, 4), 4, recipe, full),
             contains("pair: PAN 60 x 60: rows and columns must be multiples of 8"));
  ImagePair landsat = pair_of(16, 16, 2);
  landsat.pan_row = 0.5;
  recipe.train_ratio = 2;
  CHECK_THAT(error(ErrorKind::data, landsat, 2, recipe, full),
             contains("pair: PAN and MS have different borders, by 0.5 rows and 0 columns"));
  landsat.pan_row = 1e-9;  // rounding of coordinates
  CHECK_NOTHROW(draw(landsat, 2, recipe, 1, full));
}
