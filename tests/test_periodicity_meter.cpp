#include "premix/infer/periodicity_meter.hpp"

#include <algorithm>
#include <random>

#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/scene_in_memory.hpp"
#include "support/threads.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// A fused image of noise with a pattern, and a PAN of noise.
struct Measured {
  SceneInMemory scene;
  Tensor<float> fused;
  std::vector<std::uint8_t> valid;

  Measured(std::int64_t height, std::int64_t width)
      : scene{.pan = uniform_image<float>({1, height, width, 1}, 0.1, 0.9, 1),
              .ms = Tensor<float>::zeros({1, 1, 1, 3}),
              .map = {}},
        fused(uniform_image<float>({1, height, width, 3}, 0.1, 0.9, 2)),
        valid(static_cast<std::size_t>(height * width), 1) {}

  void add(PeriodicityMeter& meter, const Window& piece) const {
    const Tensor<float> values = crop(fused, piece);
    std::vector<std::uint8_t> mask;
    for (std::int64_t row = piece.top; row < piece.top + piece.height; ++row) {
      const auto first = valid.begin() + row * fused.shape().w + piece.left;
      mask.insert(mask.end(), first, first + piece.width);
    }
    meter.add(piece, values.data(), mask.data());
  }

  // In pieces that begin at multiples of rows and columns, shuffled.
  std::optional<Periodicity> in_pieces(std::int64_t rows, std::int64_t columns, std::uint32_t seed) {
    const SceneSource source = scene.source();
    const Window& part = source.geometry.part;
    std::vector<Window> pieces;
    for (std::int64_t y = 0; y < part.top + part.height; y += rows)
      for (std::int64_t x = 0; x < part.left + part.width; x += columns) {
        const Window piece = part.intersection({y, x, rows, columns});
        if (!piece.empty()) pieces.push_back(piece);
      }
    std::shuffle(pieces.begin(), pieces.end(), std::mt19937(seed));
    PeriodicityMeter meter(source.geometry, source.read_pan);
    for (const Window& piece : pieces) add(meter, piece);
    return meter.result();
  }

  Periodicity at_once(const Window& part) const {
    return periodicity(crop(fused, part), crop(scene.pan, part)).value();
  }
};

void check_same(const std::optional<Periodicity>& measured, const Periodicity& expected) {
  REQUIRE(measured);
  CHECK(measured->period_2 == expected.period_2);
  CHECK(measured->period_4 == expected.period_4);
}

}  // namespace

TEST_CASE("periodicity measured in pieces has the bits of the whole image", "[periodicity_meter]") {
  Measured measured(330, 410);
  const auto [rows, columns] = GENERATE(std::pair{330, 410}, std::pair{64, 128}, std::pair{256, 512},
                                        std::pair{50, 410}, std::pair{7, 100}, std::pair{100, 33});
  CAPTURE(rows, columns);
  const Threads threads(GENERATE(1, 2));
  check_same(measured.in_pieces(rows, columns, 1), measured.at_once({0, 0, 330, 410}));
}

TEST_CASE("the blocks of a part are those of the whole scene", "[periodicity_meter]") {
  Measured measured(330, 410);
  measured.scene.part = {10, 70, 300, 320};
  const std::int64_t rows = GENERATE(300, 64, 50);
  check_same(measured.in_pieces(rows, 100, 2), measured.at_once({64, 128, 192, 256}));
  // Blocks that the part cuts are neither read nor kept.
  for (const Window& window : measured.scene.pan_windows) CHECK((window.top >= 64 && window.rows().end <= 256));
  measured.scene.part = {10, 70, 100, 320};  // no block
  CHECK_FALSE(measured.in_pieces(rows, 100, 3));
}

TEST_CASE("blocks with an invalid pixel are left out of periodicity", "[periodicity_meter]") {
  Measured measured(192, 192);
  // Of the 3 x 3 blocks the right column and the lower row lose one pixel each.
  for (const auto& [row, column] : {std::pair{63, 128}, {64, 191}, {191, 0}, {130, 70}, {128, 128}})
    measured.valid[static_cast<std::size_t>(row * 192 + column)] = 0;
  const std::int64_t rows = GENERATE(64, 192, 50);
  check_same(measured.in_pieces(rows, 192, 4), measured.at_once({0, 0, 128, 128}));
  measured.valid.assign(192 * 192, 0);
  CHECK_FALSE(measured.in_pieces(rows, 192, 5));
}

TEST_CASE("the flat blocks of a large scene are the flattest 1024", "[periodicity_meter]") {
  // A column of blocks, one rougher than the other. Those from the 1025th on have a pattern.
  constexpr std::int64_t count = 4200, side = periodicity_block;
  const Tensor<float> noise = uniform_image<float>({1, side, side, 1}, 0.4, 0.6, 6);
  std::vector<float> striped(noise.data(), noise.data() + noise.size());
  for (std::int64_t i = 0; i < noise.size(); i += 2) striped[static_cast<std::size_t>(i)] += 0.5f;
  SceneGeometry scene;
  scene.pan_height = count * side;
  scene.pan_width = side;
  scene.bands = 1;
  scene.part = {0, 0, scene.pan_height, side};
  const auto read_pan = [&](const Window& window, float* values, std::uint8_t*) {
    for (std::int64_t i = 0; i < noise.size(); ++i)
      values[i] = static_cast<float>(window.top + 1000) * (noise.data()[i] - 0.5f);
  };
  const std::vector<std::uint8_t> valid(side * side, 1);
  const auto measure = [&](bool upwards) {
    PeriodicityMeter meter(scene, read_pan);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t block = upwards ? count - 1 - i : i;
      meter.add({block * side, 0, side, side}, block < 1024 ? noise.data() : striped.data(), valid.data());
    }
    return meter.result();
  };
  check_same(measure(false), periodicity(noise).value());
  check_same(measure(true), periodicity(noise).value());
}
