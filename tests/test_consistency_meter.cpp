#include "premix/infer/projection/consistency_meter.hpp"

#include <cmath>

#include "premix/infer/projection/average.hpp"
#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/scene_in_memory.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// A fused image of noise, as large as the PAN, and an MS of noise. Pieces lie on a fixed grid, like those of a scene.
struct Measured {
  SceneInMemory scene;
  Tensor<float> fused;
  std::vector<std::uint8_t> valid;

  Measured(const GridMap& map, std::int64_t height, std::int64_t width, std::int64_t ms_height, std::int64_t ms_width,
           std::int64_t bands = 3)
      : scene{.pan = Tensor<float>::zeros({1, height, width, 1}),
              .ms = uniform_image<float>({1, ms_height, ms_width, bands}, 0.1, 0.6, 2),
              .map = map},
        fused(uniform_image<float>({1, height, width, bands}, 0.1, 0.9, 1)),
        valid(static_cast<std::size_t>(height * width), 1) {}

  std::optional<Consistency> in_pieces(std::int64_t rows, std::int64_t columns, std::int64_t pieces_done = 0) {
    const SceneSource source = scene.source();
    ConsistencyMeter meter(source.geometry, source.read_ms);
    const auto [top, left, height, width] = source.geometry.part;
    for (std::int64_t x = left / columns * columns; x < left + width; x += columns)
      for (std::int64_t y = top / rows * rows; y < top + height; y += rows) {
        const std::int64_t from_row = std::max(y, top), from_column = std::max(x, left);
        const Window piece = {from_row, from_column, std::min(y + rows, top + height) - from_row,
                              std::min(x + columns, left + width) - from_column};
        if (pieces_done-- > 0) continue;
        const Tensor<float> values = crop(fused, piece);
        std::vector<std::uint8_t> mask;
        for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row) {
          const auto first = valid.begin() + row * fused.shape().w + piece.left;
          mask.insert(mask.end(), first, first + piece.width);
        }
        meter.add(piece, values.data(), mask.data());
      }
    return meter.result();
  }

  // Returns the consistency of the whole images.
  Consistency at_once(const Window& part) const {
    const GridMap map = shifted(scene.map, part);
    const auto [average, inner] = average_on_ms_grid(crop(fused, part), map, scene.ms.shape().h, scene.ms.shape().w);
    return consistency(average, crop(scene.ms, inner), std::sqrt(map.row_ratio() * map.column_ratio()));
  }
  Consistency at_once() const { return at_once({0, 0, fused.shape().h, fused.shape().w}); }
};

void check_equal(const std::optional<Consistency>& measured, const Consistency& expected) {
  REQUIRE(measured);
  REQUIRE(measured->bias.size() == expected.bias.size());
  for (std::size_t band = 0; band < expected.bias.size(); ++band)
    CHECK(measured->bias[band] == Approx(expected.bias[band]).margin(1e-7).epsilon(1e-6));
  if (expected.bias.size() > 1) CHECK(measured->sam_degrees == Approx(expected.sam_degrees).epsilon(1e-6));
  CHECK(measured->ergas == Approx(expected.ergas).epsilon(1e-6));
}

}  // namespace

TEST_CASE("consistency measured in pieces equals that of the whole images", "[consistency_meter]") {
  // Integer and other ratios, common edges and common centres, an MS larger than the PAN, a flipped axis.
  const auto [map, ms_height, ms_width] =
      GENERATE(std::tuple<GridMap, std::int64_t, std::int64_t>{{{0.25, -0.375}, {0.25, -0.375}}, 15, 24},
               std::tuple<GridMap, std::int64_t, std::int64_t>{{{0.5, 0}, {0.5, 0}}, 31, 48},
               std::tuple<GridMap, std::int64_t, std::int64_t>{{{1 / 3.7, 2.2}, {1 / 2.6, 1}}, 25, 43},
               std::tuple<GridMap, std::int64_t, std::int64_t>{{{-0.25, 14}, {-0.3, 29}}, 15, 30});
  CAPTURE(map.rows.scale, map.columns.scale);
  Measured measured(map, 60, 97, ms_height, ms_width);
  const std::int64_t rows = GENERATE(1, 3, 16, 60);
  check_equal(measured.in_pieces(rows, 97), measured.at_once());
}

TEST_CASE("consistency over several strips equals that of the whole if no MS pixel crosses their borders",
          "[consistency_meter]") {
  Measured measured({{0.25, -0.375}, {0.25, -0.375}}, 60, 96, 15, 24);
  check_equal(measured.in_pieces(16, 32), measured.at_once());
  CHECK(measured.scene.ms_windows.size() == 12);  // one per piece
}

TEST_CASE("MS pixels that cross borders of strips are excluded, all others count", "[consistency_meter]") {
  // MS columns 8 and 16 cover PAN columns 30 to 33 and 62 to 65, across the borders of strips at 32 and 64.
  Measured measured({{0.25, -0.375}, {0.25, 0.125}}, 60, 98, 15, 25);
  const auto measure = [&] { return measured.in_pieces(16, 32); };
  const Consistency before = measure().value();
  const auto brighten = [&](std::int64_t column) {
    Tensor<float> ms = measured.scene.ms.clone();
    for (std::int64_t row = 0; row < 15; ++row)
      for (std::int64_t band = 0; band < 3; ++band) ms.mutable_data()[(row * 25 + column) * 3 + band] += 0.3f;
    measured.scene.ms = ms;
  };
  REQUIRE(before.bias[0] == measured.in_pieces(16, 32)->bias[0]);
  for (const std::int64_t column : {8, 16}) brighten(column);
  CHECK(measure()->ergas == before.ergas);
  brighten(9);
  CHECK(measure()->bias[1] < before.bias[1] - 1e-3);
}

TEST_CASE("consistency of a part or of a resumed run counts MS pixels that lie fully inside", "[consistency_meter]") {
  Measured measured({{0.25, -0.375}, {0.25, -0.375}}, 60, 96, 15, 24);
  measured.scene.part = {5, 7, 41, 50};
  check_equal(measured.in_pieces(16, 100), measured.at_once(measured.scene.part));
  measured.scene.part = {0, 0, 60, 96};
  check_equal(measured.in_pieces(15, 96, 1), measured.at_once({15, 0, 45, 96}));
}

TEST_CASE("pieces that are not consecutive are measured separately", "[consistency_meter]") {
  Measured measured({{0.25, -0.375}, {0.25, -0.375}}, 60, 96, 15, 24);
  const SceneSource source = measured.scene.source();
  ConsistencyMeter meter(source.geometry, source.read_ms);
  for (const Window& piece : {Window{32, 0, 28, 96}, Window{0, 0, 32, 96}})
    meter.add(piece, crop(measured.fused, piece).data(), measured.valid.data());
  check_equal(meter.result(), measured.at_once());
}

TEST_CASE("pixels invalid in either image are excluded from consistency", "[consistency_meter]") {
  const double rounding = GENERATE(0.0, 1e-8, -1e-8);  // rounding error of geotransforms
  Measured measured({{0.25, -0.375 + rounding}, {0.25, -0.375 + rounding}}, 60, 96, 15, 24);
  // Below row 48 and right of column 80, MS or fused pixels are invalid and NaN.
  measured.scene.ms_valid.assign(15 * 24, 1);
  Tensor<float> ms = measured.scene.ms.clone(), fused = measured.fused.clone();
  const auto invalidate_fused = [&](std::int64_t row, std::int64_t column) {
    measured.valid[static_cast<std::size_t>(row * 96 + column)] = 0;
    fused.mutable_data()[(row * 96 + column) * 3] = std::nanf("");
  };
  for (std::int64_t row = 0; row < 6; ++row)
    for (std::int64_t column = 20; column < 24; ++column) {
      measured.scene.ms_valid[static_cast<std::size_t>(row * 24 + column)] = 0;
      ms.mutable_data()[(row * 24 + column) * 3] = std::nanf("");
    }
  // One invalid fused pixel excludes an MS pixel.
  for (std::int64_t row = 24; row < 48; ++row) {
    invalidate_fused(row, 80);
    invalidate_fused(row, 86);
    invalidate_fused(row, 88);
    invalidate_fused(row, 95);
  }
  for (std::int64_t column = 0; column < 96; ++column) {
    invalidate_fused(48, column);
    invalidate_fused(53, column);
    invalidate_fused(58, column);
  }
  measured.scene.ms = ms;
  measured.fused = fused;
  measured.scene.map = {{0.25, -0.375}, {0.25, -0.375}};
  const Consistency expected = measured.at_once({0, 0, 48, 80});
  measured.scene.map = {{0.25, -0.375 + rounding}, {0.25, -0.375 + rounding}};
  check_equal(measured.in_pieces(16, 96), expected);
}

TEST_CASE("one band has no spectral angle, and black pixels have none", "[consistency_meter]") {
  Measured one({{0.25, -0.375}, {0.25, -0.375}}, 60, 96, 15, 24, 1);
  check_equal(one.in_pieces(16, 32), one.at_once());
  CHECK(std::isnan(one.in_pieces(16, 32)->sam_degrees));

  Measured three({{0.25, -0.375}, {0.25, -0.375}}, 60, 96, 15, 24);
  Tensor<float> ms = three.scene.ms.clone();
  std::fill_n(ms.mutable_data(), 3, 0.0f);
  three.scene.ms = ms;
  CHECK(three.in_pieces(16, 32)->sam_degrees > 1);
}

TEST_CASE("without a covered MS pixel there is no consistency", "[consistency_meter]") {
  Measured measured({{0.25, -0.375}, {0.25, -0.375}}, 60, 96, 15, 24);
  CHECK_FALSE(measured.in_pieces(16, 3));
  measured.valid.assign(60 * 96, 0);
  CHECK_FALSE(measured.in_pieces(16, 96));
}
