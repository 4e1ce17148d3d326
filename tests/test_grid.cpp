#include <cmath>

#include "premix/infer/grid.hpp"
#include "premix/infer/projection/average.hpp"
#include "premix/infer/resample.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scene_files.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// Returns the largest difference where all taps lie inside the MS.
double difference_inside(const Tensor<float>& a, const Tensor<float>& b, std::int64_t border) {
  const Shape shape = a.shape();
  const Window inside = {border, border, shape.h - 2 * border, shape.w - 2 * border};
  return largest_difference(crop(a, inside), crop(b, inside));
}

}  // namespace

TEST_CASE("resampling an MS to the PAN grid reproduces a smooth function", "[grid]") {
  const double ratio = GENERATE(2.0, 4.0, 3.7);
  const Alignment alignment = GENERATE(Alignment::edges, Alignment::centres);
  CAPTURE(ratio, alignment == Alignment::centres);
  const Grid ms = scene_ms_grid(60, 50), pan = scene_pan_grid(ms, ratio, alignment);
  const GridMap map = map_by_geotransform(pan, ms);
  CHECK(map.row_ratio() == Approx(ratio).epsilon(1e-12));
  CHECK(map.column_ratio() == Approx(ratio).epsilon(1e-12));
  const auto border = static_cast<std::int64_t>(std::ceil(2 * ratio));
  const Tensor<float> truth = ground(pan);
  CHECK(difference_inside(ms_on_pan_grid(ground(ms), map, pan.height, pan.width), truth, border) < 1e-3);

  GridMap half_a_pan_pixel_off = map;
  half_a_pan_pixel_off.columns.offset += 0.5 / ratio;
  CHECK(difference_inside(ms_on_pan_grid(ground(ms), half_a_pan_pixel_off, pan.height, pan.width), truth, border) >
        1e-3);
}

TEST_CASE("geotransforms and sizes give the same map", "[grid]") {
  const Grid ms = scene_ms_grid(60, 50);
  for (const Alignment alignment : {Alignment::edges, Alignment::centres}) {
    const Grid pan = scene_pan_grid(ms, 4, alignment);
    const GridMap by_geotransform = map_by_geotransform(pan, ms), by_size = map_by_size(pan, ms, alignment);
    CHECK(by_geotransform.rows.scale == Approx(by_size.rows.scale).epsilon(1e-12));
    CHECK(by_geotransform.rows.offset == Approx(by_size.rows.offset).margin(1e-9));
    CHECK(by_geotransform.columns.scale == Approx(by_size.columns.scale).epsilon(1e-12));
    CHECK(by_geotransform.columns.offset == Approx(by_size.columns.offset).margin(1e-9));
  }
}

TEST_CASE("Landsat's geometry puts every second PAN pixel on an MS pixel", "[grid]") {
  const Grid ms = scene_ms_grid(468, 334), pan = {935, 668, {543982.5, 15, 0, 1379002.5, 0, -15}};
  const GridMap map = map_by_geotransform(pan, ms);
  CHECK(map.columns.offset == Approx(0).margin(1e-9));
  CHECK(map.rows.offset == Approx(-0.5).margin(1e-9));
  CHECK(served_part(map, pan, ms) == Window{0, 0, 668, 935});  // the centres of the first row lie on the MS border
}

TEST_CASE("resampling a flipped MS or rotated images reproduces a smooth function", "[grid]") {
  const double c = std::cos(0.4), s = std::sin(0.4);
  const auto turned = [&](Grid grid) {
    const double pixel = grid.geotransform[1];
    grid.geotransform = {scene_west, pixel * c, pixel * s, scene_north, pixel * s, -pixel * c};
    return grid;
  };
  Grid ms = scene_ms_grid(60, 50), pan = scene_pan_grid(ms, 4, Alignment::edges);
  SECTION("south-up MS") { ms.geotransform = {scene_west, ms_metres, 0, scene_north - 50 * ms_metres, 0, ms_metres}; }
  SECTION("both rotated") {
    ms = turned(ms);
    pan = turned(pan);
  }
  const Tensor<float> fine = ms_on_pan_grid(ground(ms), map_by_geotransform(pan, ms), pan.height, pan.width);
  CHECK(difference_inside(fine, ground(pan), 8) < 1e-3);
}

TEST_CASE("axes that are not parallel and geotransforms without area are errors", "[grid]") {
  const Grid ms = scene_ms_grid(60, 50);
  Grid pan = scene_pan_grid(ms, 4, Alignment::edges);
  pan.geotransform[2] = 0.01 * pan.geotransform[1];  // 200 rows: 2 PAN pixels, half an MS pixel
  CHECK_THAT(message_of(ErrorKind::data, [&] { map_by_geotransform(pan, ms); }), contains("not parallel"));
  pan.geotransform[2] = 0.0005 * pan.geotransform[1];
  CHECK_NOTHROW(map_by_geotransform(pan, ms));
  pan.geotransform[1] = 0;
  CHECK_THAT(message_of(ErrorKind::data, [&] { map_by_geotransform(pan, ms); }), contains("geotransform"));
}

TEST_CASE("the served part has the PAN pixels whose centres lie on the MS", "[grid]") {
  const Grid ms = scene_ms_grid(10, 10);
  // The PAN extends 10 pixels beyond the MS on every side.
  Grid pan = {60, 60, {ms.geotransform[0] - 75, 7.5, 0, ms.geotransform[3] + 75, 0, -7.5}};
  const GridMap map = map_by_geotransform(pan, ms);
  const Window part = served_part(map, pan, ms);
  CHECK(part == Window{10, 10, 40, 40});
  for (std::int64_t i = 0; i < 60; ++i) CHECK(sample_under(map.rows, i, 10) == (i < 10 || i >= 50 ? -1 : (i - 10) / 4));

  // Shifted by almost half a PAN pixel, by slightly more, and flipped.
  CHECK(served_part({.rows = {0.25, -3.0 + 0.12}, .columns = {0.25, -3.0 - 0.13}}, pan, ms) == Window{10, 11, 40, 40});
  CHECK(served_part({.rows = {-0.25, 9.375}, .columns = {-0.25, 9.375}}, pan, ms) == Window{0, 0, 40, 40});
  // Centres on the border, up to rounding.
  CHECK(served_part({.rows = {0.25, -0.5 - 1e-9}, .columns = {0.25, -0.5 - 1e-3}}, pan, ms) == Window{0, 1, 41, 40});

  const Grid smaller = cropped(pan, part);
  const GridMap again = map_by_geotransform(smaller, ms), moved = shifted(map, part);
  CHECK(again.rows.offset == Approx(moved.rows.offset).margin(1e-9));
  CHECK(again.columns.offset == Approx(moved.columns.offset).margin(1e-9));

  pan.geotransform[0] += 1e6;
  CHECK(served_part(map_by_geotransform(pan, ms), pan, ms).empty());
}

TEST_CASE("averaging over MS pixels follows the map", "[grid]") {
  const Grid ms = scene_ms_grid(12, 9);
  SECTION("a whole ratio gives block means") {
    const Grid pan = scene_pan_grid(ms, 2, Alignment::edges);
    const auto image = uniform_image<float>({1, pan.height, pan.width, 3}, 0, 1, 5);
    const auto [mean, part] = average_on_ms_grid(image, map_by_geotransform(pan, ms), ms.height, ms.width);
    CHECK(part == Window{0, 0, 9, 12});
    CHECK(mean(0, 4, 7, 2) ==
          Approx((image(0, 8, 14, 2) + image(0, 8, 15, 2) + image(0, 9, 14, 2) + image(0, 9, 15, 2)) / 4));
  }
  SECTION("common centres share pixels on borders between MS pixels") {
    const Grid pan = scene_pan_grid(ms, 2, Alignment::centres);
    const auto image = uniform_image<float>({1, pan.height, pan.width, 1}, 0, 1, 6);
    const auto [mean, part] = average_on_ms_grid(image, map_by_geotransform(pan, ms), ms.height, ms.width);
    CHECK(part == Window{1, 1, 7, 10});  // the outermost MS pixels extend beyond the image
    double expected = 0;
    for (int y = -1; y <= 1; ++y)
      for (int x = -1; x <= 1; ++x)
        expected += (y == 0 ? 0.5 : 0.25) * (x == 0 ? 0.5 : 0.25) * image(0, 4 + y, 6 + x, 0);
    CHECK(mean(0, 1, 2, 0) == Approx(expected));
  }
  SECTION("averaging keeps a smooth function") {
    const Grid pan = scene_pan_grid(ms, 3.7, Alignment::edges);
    const auto [mean, part] = average_on_ms_grid(ground(pan), map_by_geotransform(pan, ms), ms.height, ms.width);
    CHECK(largest_difference(mean, crop(ground(ms), part)) < 1e-4);
  }
  SECTION("an image smaller than an MS pixel gives an empty result") {
    const auto [mean, part] = average_on_ms_grid(Tensor<float>::zeros({1, 3, 3, 1}), {{0.25, 0}, {0.25, 0}}, 9, 12);
    CHECK(mean.empty());
    CHECK(part.empty());
  }
}
