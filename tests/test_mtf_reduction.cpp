#include "premix/image/mtf.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// Response of taps at a frequency in cycles per input pixel. Its place is the centre of the taps plus the shift.
double response(const std::vector<double>& taps, double frequency, double shift = 0) {
  const double centre = 0.5 * static_cast<double>(taps.size() - 1) + shift;
  double sum = 0;
  for (std::size_t i = 0; i < taps.size(); ++i)
    sum += taps[i] * std::cos(2 * std::numbers::pi * frequency * (static_cast<double>(i) - centre));
  return sum;
}

// Ramp of the given slope per input pixel along one axis.
Tensor<double> ramp(std::int64_t side, bool down) {
  return image_of<double>({1, side, side, 1}, [&](auto, std::int64_t y, std::int64_t x, auto) { return down ? y : x; });
}

}  // namespace

TEST_CASE("the taps of an MTF have its gain at the Nyquist frequency of the output", "[mtf]") {
  const double gain = GENERATE(0.15, 0.2, 0.3, 0.4), shift = GENERATE(0.0, 0.3, -0.5);
  const int ratio = GENERATE(2, 3, 4, 8);
  CAPTURE(gain, shift, ratio);
  const SeparableTaps taps = mtf_taps({.ratio = ratio, .row_gain = gain, .column_gain = 0.9, .row_shift = shift});
  CHECK(std::accumulate(taps.rows.begin(), taps.rows.end(), 0.0) == Approx(1).epsilon(1e-14));
  CHECK(response(taps.rows, 0.5 / ratio, shift) == Approx(gain).margin(1e-3).epsilon(0));
  CHECK(taps.stride == ratio);
}

TEST_CASE("input pixels limit the gain of an MTF of small ratio", "[mtf]") {
  CHECK(response(mtf_taps({.ratio = 2, .row_gain = 0.95}).rows, 0.25) == Approx(std::sqrt(0.5)).margin(1e-3));
  CHECK(response(mtf_taps({.ratio = 4, .row_gain = 0.85}).rows, 0.125) == Approx(0.85).margin(0.01));
}

TEST_CASE("an MTF reduction samples at the centres of its pixels, moved by the shift", "[mtf]") {
  const int ratio = GENERATE(2, 3, 4);
  const double shift = GENERATE(0.0, 0.5, -0.25, 0.9);
  CAPTURE(ratio, shift);
  const MtfReduction reduction{.ratio = ratio, .row_shift = shift, .column_shift = -shift};
  for (const bool down : {true, false}) {
    const auto reduced = reduced_by_mtf(ramp(24 * ratio, down), reduction);
    REQUIRE(reduced.shape() == Shape{1, 24, 24, 1});
    for (const std::int64_t i : {10, 11, 12, 13}) {
      const double place = ratio * (static_cast<double>(i) + 0.5) - 0.5 + (down ? shift : -shift);
      CHECK(reduced(0, i, i, 0) == Approx(place).margin(2e-3 * ratio).epsilon(0));
    }
  }
}

TEST_CASE("row and column gains of an MTF act along their own axes", "[mtf]") {
  const MtfReduction reduction{.ratio = 4, .row_gain = 0.2, .column_gain = 0.4};
  // Period of two output pixels, maximum at the centre of output pixel 10.
  const auto wave = [](std::int64_t i) { return std::cos(std::numbers::pi * (static_cast<double>(i) - 41.5) / 4); };
  const auto down = image_of<double>({1, 80, 80, 1}, [&](auto, std::int64_t y, auto, auto) { return wave(y); }),
             across = image_of<double>({1, 80, 80, 1}, [&](auto, auto, std::int64_t x, auto) { return wave(x); });
  CHECK(reduced_by_mtf(down, reduction)(0, 10, 10, 0) == Approx(0.2).margin(1e-3));
  CHECK(reduced_by_mtf(across, reduction)(0, 10, 10, 0) == Approx(0.4).margin(1e-3));
}

TEST_CASE("an MTF reduction refuses gains outside 0 to 1, and shifts above one output pixel", "[mtf][error]") {
  for (const double gain : {0.0, 1.0, -0.2, std::nan("")})
    CHECK_THAT(message_of(ErrorKind::usage, [&] { mtf_taps({.row_gain = gain}); }), contains("MTF gain"));
  CHECK_THROWS_WITH(mtf_taps({.ratio = 2, .column_shift = -2.1}),
                    contains("a shift of -2.1 input pixels with ratio 2. It may be at most one output pixel"));
}
