#include "premix/metrics/periodicity.hpp"

#include <cmath>
#include <limits>

#include "premix/image/bicubic.hpp"
#include "premix/image/window.hpp"
#include "premix/metrics/report.hpp"
#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/threads.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

constexpr double deviation = 0.01;  // of the noise below

// White noise about 0.3.
Tensor<float> noise(Shape shape, std::uint32_t seed) {
  const double half_width = deviation * std::sqrt(3.0);
  return uniform_image<float>(shape, 0.3 - half_width, 0.3 + half_width, seed);
}

// Adds value(row, column) to one band.
template <class Value>
Tensor<float> with(const Tensor<float>& image, std::int64_t band, Value value) {
  return image_of<float>(image.shape(), [&](auto n, auto row, auto column, auto c) {
    return image(n, row, column, c) + (c == band ? static_cast<float>(value(row, column)) : 0.0f);
  });
}

double alternating(std::int64_t i) { return i % 2 == 0 ? 1 : -1; }
double quarter_wave(std::int64_t i) { return i % 2 != 0 ? 0 : alternating(i / 2); }

// Expected value of a pattern amplitude * alternating or amplitude * quarter_wave on the noise: power of the windowed
// tone (sum of the Hann window: 32) relative to that of the noise (sum of its squares: 24).
double expected_2(double amplitude) { return 1 + std::pow(amplitude * 32 / deviation, 2) / 24; }
double expected_4(double amplitude) { return 1 + std::pow(amplitude * 16 / deviation, 2) / 24; }

constexpr Shape large = {1, 512, 512, 3}, large_pan = {1, 512, 512, 1};

}  // namespace

TEST_CASE("white noise has no pattern", "[periodicity]") {
  const auto [period_2, period_4] = periodicity(noise(large, 1), noise(large_pan, 2)).value();
  CHECK(period_2 == Approx(1).margin(0.15));
  CHECK(period_4 == Approx(1).margin(0.15));
}

TEST_CASE("a pattern of period 2 is found with the power of its amplitude, along either axis", "[periodicity]") {
  const double amplitude = GENERATE(0.5, 2.0) * deviation;
  const bool columns = GENERATE(false, true), rows = GENERATE(false, true);
  if (!columns && !rows) return;
  CAPTURE(amplitude, columns, rows);
  const auto image = with(noise(large, 3), 1, [&](auto row, auto column) {
    return amplitude * (rows ? alternating(row) : 1) * (columns ? alternating(column) : 1);
  });
  const auto [period_2, period_4] = periodicity(image, noise(large_pan, 4)).value();
  CHECK(period_2 == Approx(expected_2(amplitude)).epsilon(0.12));
  CHECK(period_4 == Approx(1).margin(0.15));
}

TEST_CASE("a pattern of period 4 is found with the power of its amplitude, along either axis", "[periodicity]") {
  const double amplitude = GENERATE(1.0, 4.0) * deviation;
  const bool columns = GENERATE(false, true);
  CAPTURE(amplitude, columns);
  const auto image =
      with(noise(large, 5), 2, [&](auto row, auto column) { return amplitude * quarter_wave(columns ? column : row); });
  const auto [period_2, period_4] = periodicity(image, noise(large_pan, 6)).value();
  CHECK(period_4 == Approx(expected_4(amplitude)).epsilon(0.12));
  CHECK(period_2 == Approx(1).margin(0.15));
}

TEST_CASE("other periods do not count", "[periodicity]") {
  const double cycles = GENERATE(0.05, 1.0 / 8, 1.0 / 3);
  const auto image = with(noise(large, 7), 0, [&](auto, auto column) {
    return 3 * deviation * std::cos(6.283185307 * cycles * static_cast<double>(column));
  });
  const auto [period_2, period_4] = periodicity(image, noise(large_pan, 8)).value();
  CAPTURE(cycles);
  CHECK(period_2 < 1.15);
  CHECK(period_4 < 1.15);
}

TEST_CASE("only the quarter of the blocks that is flattest in the reference counts", "[periodicity]") {
  // 8 x 8 blocks: the reference is rough but in the first two rows of blocks.
  const auto rough = [](std::int64_t row) { return row >= 128; };
  const auto pan = image_of<float>(large_pan, [&](auto, auto row, auto column, auto) {
    return 0.3 + (rough(row) ? 1 : 0.5) * deviation * std::sin(static_cast<double>(row * row + 3 * column * column));
  });
  const auto clean = noise(large, 9);
  const auto outside =
      with(clean, 0, [&](auto row, auto column) { return rough(row) ? 5 * deviation * alternating(column) : 0; });
  const auto inside =
      with(clean, 0, [&](auto row, auto column) { return rough(row) ? 0 : deviation * alternating(column); });
  const Periodicity without = periodicity(clean, pan).value();
  CHECK(periodicity(outside, pan)->period_2 == without.period_2);
  CHECK(periodicity(outside, pan)->period_4 == without.period_4);
  CHECK(periodicity(inside, pan)->period_2 == Approx(expected_2(deviation)).epsilon(0.12));
}

TEST_CASE("without a reference the image selects its own flat blocks", "[periodicity]") {
  const auto image = image_of<float>(large, [texture = noise(large, 10)](auto n, auto row, auto column, auto c) {
    const double pattern = row < 128 ? deviation * alternating(column) : 0;
    return 0.3 + (row < 128 ? 1 : 8) * (static_cast<double>(texture(n, row, column, c)) - 0.3) + pattern;
  });
  CHECK(periodicity(image)->period_2 == Approx(expected_2(deviation)).epsilon(0.12));
  CHECK(periodicity(image)->period_2 == periodicity(image, image)->period_2);
}

TEST_CASE("smooth images give no false alarm", "[periodicity]") {
  const auto ms = noise({1, 128, 128, 3}, 11);
  const auto [period_2, period_4] = periodicity(bicubic_resize(ms, 512, 512), noise(large_pan, 12)).value();
  CAPTURE(period_2, period_4);
  CHECK(period_2 < Periodicity::bound);
  CHECK(period_4 < Periodicity::bound);

  // A ramp and rounding errors of float, whatever their pattern.
  const auto almost_constant = image_of<float>(large, [](auto, auto row, auto column, auto) {
    return 0.5 + 1e-6 * static_cast<double>(row) + 1e-7 * alternating(column);
  });
  CHECK(periodicity(almost_constant)->period_2 < 1.2);
}

TEST_CASE("a pattern in constant areas counts, constant areas without one do not", "[periodicity]") {
  const auto constant = Tensor<float>::full({1, 64, 64, 2}, 0.5f);
  CHECK_FALSE(periodicity(constant));
  const auto grid = with(constant, 0, [](auto, auto column) { return 0.005 * alternating(column); });
  const double added_noise = 0.5 / 256;
  CHECK(periodicity(grid)->period_2 == Approx(1 + std::pow(0.005 * 32 / added_noise, 2) / 24).epsilon(0.01));
  // Constant blocks are not the flat ones where others are measured.
  const auto half = image_of<float>(large, [texture = noise(large, 13)](auto n, auto row, auto column, auto c) {
    return row < 256 ? 0.25f : texture(n, row, column, c);
  });
  CHECK(periodicity(half)->period_2 == Approx(1).margin(0.2));
}

TEST_CASE("partial blocks, and blocks with a pixel that is not finite, are left out", "[periodicity]") {
  const Shape shape = {1, 100, 190, 2};  // two blocks
  const auto clean = noise(shape, 14), pan = noise(shape.with_channels(1), 15);
  const Periodicity expected = periodicity(crop(clean, {0, 0, 64, 128}), crop(pan, {0, 0, 64, 128})).value();
  const auto border = with(clean, 1, [](auto row, auto column) { return row >= 64 || column >= 128 ? row % 2 : 0; });
  CHECK(periodicity(border, pan)->period_2 == expected.period_2);

  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    auto spoiled = clean.clone();
    spoiled.mutable_data()[(10 * 190 + 20) * 2 + 1] = value;
    CHECK(periodicity(spoiled, pan)->period_4 ==
          periodicity(crop(clean, {0, 64, 64, 64}), crop(pan, {0, 64, 64, 64}))->period_4);
    auto spoiled_pan = pan.clone();
    spoiled_pan.mutable_data()[10 * 190 + 20] = value;
    CHECK(periodicity(clean, spoiled_pan)->period_4 == periodicity(spoiled, pan)->period_4);
    spoiled.mutable_data()[(10 * 190 + 120) * 2] = value;
    CHECK_FALSE(periodicity(spoiled, pan));
  }
  CHECK_FALSE(periodicity(noise({1, 63, 640, 1}, 16)));
}

TEST_CASE("periodicity depends neither on the unit of the counts nor on the number of threads", "[periodicity]") {
  const auto image = noise(large, 17);
  const auto counts =
      image_of<float>(large, [&](auto n, auto row, auto column, auto c) { return 4096 * image(n, row, column, c); });
  const Periodicity expected = periodicity(image).value();
  CHECK(periodicity(counts)->period_2 == expected.period_2);
  CHECK(periodicity(counts)->period_4 == expected.period_4);
  const Threads one(1);
  const Periodicity alone = periodicity(image).value();
  CHECK(alone.period_2 == expected.period_2);
  CHECK(alone.period_4 == expected.period_4);
}

TEST_CASE("periodicity refuses a reference of another size", "[periodicity][error]") {
  CHECK_THROWS_AS(periodicity(noise({1, 64, 64, 1}, 18), noise({1, 64, 128, 1}, 19)), Error);
  CHECK_THROWS_AS(periodicity(Tensor<float>()), Error);
}

TEST_CASE("the report of patterns clips the image and tells blocks that are missing", "[periodicity][report]") {
  const auto image = noise({1, 64, 64, 2}, 20), pan = noise({1, 64, 64, 1}, 21);
  // Above 1 nothing is seen of the second band.
  const auto bright = with(image, 1, [](auto, auto column) { return 5 + alternating(column); });
  const std::vector<Reading> readings = pattern_metrics(bright, pan);
  REQUIRE(readings.size() == 2);
  CHECK(readings[0].name == "Periodicity_2");
  CHECK(readings[1].name == "Periodicity_4");
  const auto clipped = with(image, 1, [&](auto row, auto column) { return 1 - image(0, row, column, 1); });
  CHECK(readings[0].value == periodicity(clipped, pan)->period_2);
  CHECK(readings[1].value == periodicity(clipped, pan)->period_4);
  CHECK(std::isnan(pattern_metrics(Tensor<float>::full({1, 64, 64, 2}, 0.5f), pan)[0].value));
  CHECK(pattern_metrics(crop(image, {0, 0, 60, 64}), crop(pan, {0, 0, 60, 64})).empty());
  CHECK_THROWS_AS(pattern_metrics(noise({2, 64, 64, 2}, 22), noise({2, 64, 64, 1}, 23)), Error);
}
