#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "premix/infer/resample.hpp"
#include "premix/infer/shift/shift.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"
#include "support/shifted_scene.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

double distance(const Shift& a, const Shift& b) { return std::max(std::abs(a.dx - b.dx), std::abs(a.dy - b.dy)); }

std::vector<Shift> all_bands(Shift shift) { return std::vector<Shift>(4, shift); }

// The image rotated by 180 degrees.
Tensor<float> rotated_180(const Tensor<float>& x) {
  const Shape shape = x.shape();
  return image_of<float>(shape, [&](auto n, std::int64_t row, std::int64_t column, std::int64_t band) {
    return x(n, shape.h - 1 - row, shape.w - 1 - column, band);
  });
}

}  // namespace

TEST_CASE("a corrected map samples the MS where its content is", "[shift]") {
  const GridMap map = {.rows = {-0.5, 60}, .columns = {0.25, -0.375}};
  const GridMap taken = corrected(map, 1.5, -3);
  const auto ms_index = [](AxisMap axis, double index) { return index * axis.scale + axis.offset; };
  CHECK(ms_index(taken.columns, 10) == Approx(ms_index(map.columns, 11.5)));
  CHECK(ms_index(taken.rows, 10) == Approx(ms_index(map.rows, 7)));
}

TEST_CASE("known shifts are estimated to a tenth of a PAN pixel", "[shift]") {
  const std::int64_t ratio = GENERATE(4, 2);
  const Shift shift = GENERATE(Shift{0.3, 1.7}, Shift{1.7, -2.4}, Shift{-2.4, 0.3}, Shift{0, 0});
  CAPTURE(ratio, shift.dx, shift.dy);
  SceneInMemory scene = shifted_scene(150, ratio, all_bands(shift));
  const ShiftReport report = estimate_shift(scene.source());
  CAPTURE(describe(report));
  CHECK(distance(report.recommended, shift) < 0.1);
  CHECK(report.all.windows.size() == 9);
  CHECK(report.all.windows_used == 9);
  CHECK(report.constant);
  for (const BandShift& band : report.bands) CHECK(distance(band.median, shift) < 0.25);

  scene.map = corrected(scene.map, report.recommended.dx, report.recommended.dy);
  CHECK(distance(estimate_shift(scene.source()).recommended, {0, 0}) < 0.02);
}

TEST_CASE("applying the recommended shift aligns the MS with its unshifted version", "[shift]") {
  SceneInMemory scene = shifted_scene(96, 4, all_bands({1.7, -2.4})),
                straight = shifted_scene(96, 4, all_bands({0, 0}));
  const Shift found = estimate_shift(scene.source()).recommended;
  const auto error = [&](const GridMap& map) {
    const Window inner = {16, 16, 352, 352};
    const Tensor<float> a = crop(ms_on_pan_grid(scene.ms, map, 384, 384), inner);
    const Tensor<float> b = crop(ms_on_pan_grid(straight.ms, straight.map, 384, 384), inner);
    double squares = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) squares += std::pow(a.data()[i] - b.data()[i], 2);
    return squares;
  };
  CHECK(error(corrected(scene.map, found.dx, found.dy)) < 0.3 * error(scene.map));
  CHECK(error(corrected(scene.map, -found.dx, -found.dy)) > error(scene.map));
}

TEST_CASE("a shift of several MS pixels is found", "[shift]") {
  SceneInMemory scene = shifted_scene(150, 4, all_bands({11, -14}));
  CHECK(distance(estimate_shift(scene.source()).recommended, {11, -14}) < 0.1);
  CHECK_THAT(message_of(ErrorKind::data, [&] { estimate_shift(scene.source(), {.largest = 1}); }),
             contains("no shift can be measured"));
}

TEST_CASE("the axes of a shift are the PAN's even if the MS is flipped", "[shift]") {
  SceneInMemory scene = shifted_scene(150, 4, all_bands({0.3, 1.7}));
  scene.ms = rotated_180(scene.ms);
  for (AxisMap* axis : {&scene.map.rows, &scene.map.columns}) {
    axis->scale = -axis->scale;
    axis->offset = 149 - axis->offset;
  }
  CHECK(distance(estimate_shift(scene.source()).recommended, {0.3, 1.7}) < 0.1);
}

TEST_CASE("reversed contrast does not matter", "[shift]") {
  SceneInMemory scene = shifted_scene(150, 4, {{0.3, -2.4}});
  for (std::int64_t i = 0; i < scene.ms.size(); ++i) scene.ms.mutable_data()[i] = 1 - scene.ms.data()[i];
  const ShiftReport report = estimate_shift(scene.source());
  CHECK(distance(report.bands[0].median, {0.3, -2.4}) < 0.15);
  CHECK(report.bands[0].windows[0].peak < -0.5);
}

TEST_CASE("a misaligned band is reported", "[shift]") {
  SceneInMemory scene = shifted_scene(150, 4, {{0, 0}, {0, 0}, {0, 0}, {1.5, -1.5}});
  const ShiftReport report = estimate_shift(scene.source());
  CAPTURE(describe(report));
  for (const std::size_t band : {0, 1, 2}) CHECK(distance(report.bands[band].median, {0, 0}) < 0.25);
  CHECK(distance(report.bands[3].median, {1.5, -1.5}) < 0.25);
  CHECK(std::count(report.strayed_bands.begin(), report.strayed_bands.end(), 3) == 1);
  CHECK_THAT(describe(report).text(), contains("warning: band 4 lies more than 0.50 PAN pixels"));
  CHECK(report.constant);
}

TEST_CASE("a shift that varies over the scene is not constant", "[shift]") {
  const bool across = GENERATE(true, false);
  SceneInMemory scene = shifted_scene(192, 4, all_bands({0.4, 0})), other = shifted_scene(192, 4, all_bands({-0.6, 0}));
  const std::int64_t bands = 4, side = 192;
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x)
      if ((across ? x : y) >= side / 2)
        std::copy_n(other.ms.data() + (y * side + x) * bands, bands, scene.ms.mutable_data() + (y * side + x) * bands);
  const ShiftReport report = estimate_shift(scene.source());
  CAPTURE(describe(report));
  CHECK_FALSE(report.constant);
  CHECK((across ? report.difference_of_columns : report.difference_of_rows) == Approx(1).margin(0.3));
  CHECK((across ? report.difference_of_rows : report.difference_of_columns) < 0.6);
  CHECK_THAT(describe(report).text(), contains("warning: the shift is not constant"));
  CHECK(estimate_shift(scene.source(), {.tolerance = 1.5}).constant);
}

TEST_CASE("the scatter of windows is not taken for a varying shift", "[shift]") {
  SceneInMemory scene = shifted_scene(150, 4, all_bands({0.3, 1.7}));
  const ShiftReport report = estimate_shift(scene.source(), {.tolerance = 0.02});
  CHECK(std::max(report.difference_of_columns, report.difference_of_rows) > 0.02);
  CHECK(report.constant);
}

TEST_CASE("windows with invalid pixels are excluded, regardless of the values of these pixels", "[shift]") {
  SceneInMemory scene = shifted_scene(150, 4, all_bands({1.7, 0.3}));
  const ShiftReport clean = estimate_shift(scene.source());
  scene.ms_valid.assign(150 * 150, 1);
  scene.pan_valid.assign(600 * 600, 1);
  scene.ms_valid[20 * 150 + 20] = 0;
  scene.pan_valid[599 * 600 + 599] = 0;
  for (int band = 0; band < 4; ++band)
    scene.ms.mutable_data()[(20 * 150 + 20) * 4 + band] = std::numeric_limits<float>::quiet_NaN();
  scene.pan.mutable_data()[599 * 600 + 599] = std::numeric_limits<float>::infinity();
  const ShiftReport report = estimate_shift(scene.source());
  CHECK(report.all.windows_used == 7);
  for (std::size_t i = 0; i < 9; ++i) {
    const WindowShift &window = report.all.windows[i], &before = clean.all.windows[i];
    const bool excluded = i == 0 || i == 8;
    CHECK((window.verdict == WindowVerdict::invalid) == excluded);
    CHECK((excluded || (window.shift.dx == before.shift.dx && window.shift.dy == before.shift.dy)));
  }
  scene.ms_valid.assign(150 * 150, 0);
  CHECK_THAT(message_of(ErrorKind::data, [&] { estimate_shift(scene.source()); }),
             contains("9 have nodata") && contains("shift"));
}

TEST_CASE("images without common texture give no shift", "[shift]") {
  const std::int64_t window = GENERATE(64, 32);
  SceneInMemory scene = shifted_scene(150, 4, all_bands({0, 0}));
  const auto message = [&] {
    return message_of(ErrorKind::data, [&] { estimate_shift(scene.source(), {.window = window}); });
  };
  SECTION("noise") { scene.ms = uniform_image<float>(scene.ms.shape(), 0, 1, 3); }
  SECTION("flat MS") { scene.ms = Tensor<float>::full(scene.ms.shape(), 0.3f); }
  SECTION("flat PAN") { scene.pan = Tensor<float>::full(scene.pan.shape(), 0.3f); }
  SECTION("both flat") {
    scene.ms = Tensor<float>::full(scene.ms.shape(), 0.3f);
    scene.pan = Tensor<float>::full(scene.pan.shape(), 0.3f);
  }
  CHECK_THAT(message(), contains("too little common texture"));
}

TEST_CASE("a flat half does not affect the measurement of the other half", "[shift]") {
  SceneInMemory scene = shifted_scene(192, 4, all_bands({1.7, 0}));
  for (std::int64_t y = 96; y < 192; ++y) std::fill_n(scene.ms.mutable_data() + y * 192 * 4, 192 * 4, 0.5f);
  for (std::int64_t y = 384; y < 768; ++y) std::fill_n(scene.pan.mutable_data() + y * 768, 768, 0.5f);
  CHECK(distance(estimate_shift(scene.source()).recommended, {1.7, 0}) < 0.1);
}

TEST_CASE("a scene too small to measure is a data error", "[shift]") {
  SceneInMemory scene = shifted_scene(33, 4, all_bands({0, 0}));
  CHECK_THAT(message_of(ErrorKind::data, [&] { estimate_shift(scene.source()); }),
             contains("31 x 31 MS pixels") && contains("shift"));
  SceneInMemory larger = shifted_scene(40, 4, all_bands({0.3, -0.4}));
  CHECK(distance(estimate_shift(larger.source()).recommended, {0.3, -0.4}) < 0.25);
}

TEST_CASE("the whole scene is measured, window by window from the top, regardless of its part", "[shift]") {
  SceneInMemory scene = shifted_scene(300, 2, {{0.3, 0.3}});
  scene.part = {10, 20, 30, 40};
  const ShiftReport report = estimate_shift(scene.source(), {.windows_per_side = 5});
  CHECK(distance(report.recommended, {0.3, 0.3}) < 0.1);
  CHECK(report.all.windows.size() == 25);
  REQUIRE(scene.ms_windows.size() == 25);
  CHECK(std::is_sorted(scene.ms_windows.begin(), scene.ms_windows.end(),
                       [](const Window& a, const Window& b) { return a.top < b.top; }));
  for (const Window& window : scene.ms_windows) CHECK((window.height == 64 && window.width == 64));
  for (const Window& window : scene.pan_windows) CHECK((window.height <= 2 * 77 && window.width <= 2 * 77));
  CHECK(scene.ms_windows.front().top <= 1);
  CHECK(scene.ms_windows.back().top + 64 >= 299);
  CHECK(scene.pieces.empty());
}

TEST_CASE("a report is a table with the option that corrects the shift", "[shift]") {
  ShiftReport report;
  report.tolerance = 0.5;
  report.all = {
      .median = {1.174, -0.468}, .spread = {0.06, 0.08}, .deviation_95 = 0.19, .windows_used = 9, .windows = {}};
  report.bands = {report.all, {}};
  report.bands[0].median = {-0.003, 0.2};
  report.recommended = report.all.median;
  CHECK(describe(report, {"blue", ""}).text() ==
        "Shift of the MS against the PAN in PAN pixels; positive: its content is too far right (dx), too far down "
        "(dy)\n"
        "                   dx        dy spread dx spread dy      95 %   windows\n"
        "  blue           0.00     +0.20      0.06      0.08      0.19   9 of 0\n"
        "  band 2            -         -         -         -         -   0 of 0\n"
        "  all bands     +1.17     -0.47      0.06      0.08      0.19   9 of 0\n"
        "Corrected by shift = 1.17,-0.47\n");
}
