#include <algorithm>
#include <cmath>

#include "premix/core/memory.hpp"
#include "premix/infer/projection/average.hpp"
#include "premix/infer/projection/back_projection.hpp"
#include "premix/infer/resample.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/scene_in_memory.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

struct MapCase {
  const char* name;
  GridMap map;
};

const MapCase quarter = {"ratio 4, borders agree", {{0.25, -0.375}, {0.25, -0.375}}};
const MapCase uneven = {"ratio 3.7, shifted", {{1 / 3.7, 0.3}, {1 / 3.7, 0.45}}};
const MapCase map_cases[] = {
    quarter,
    uneven,
    {"ratio 2, centres agree", {{0.5, 0}, {0.5, 0}}},
    {"ratio 3.7, which begins before the MS's second pixel", {{1 / 3.7, -0.4}, {1 / 3.7, 0.9}}},
    {"ratios 4 and 2, rows from south to north", {{-0.25, 176.125}, {0.5, -0.25}}}};

// A scene whose MS covers all pixels of the PAN.
SceneInMemory scene(const GridMap& map, std::int64_t height, std::int64_t width, std::int64_t bands = 4) {
  const auto last = [](AxisMap axis, std::int64_t size) {
    return static_cast<std::int64_t>(
        std::round(std::max(axis.offset, static_cast<double>(size - 1) * axis.scale + axis.offset)));
  };
  SceneInMemory result;
  result.pan = uniform_image<float>({1, height, width, 1}, 0, 1, 1);
  result.ms = uniform_image<float>({1, last(map.rows, height) + 1, last(map.columns, width) + 1, bands}, 0, 1, 2);
  result.map = map;
  return result;
}

Tensor<float> run(const SceneSharpener& sharpener, SceneInMemory& scene) {
  CHECK(sharpener.run(scene.source(), scene.sink()));
  CHECK(scene.complete());
  return scene.fused;
}

// Adds a multiple of the PAN to every pixel of the MS. Every pixel has its own bits, independent of blocks and
// strips.
const BlockFusion added = {0, [](const Tensor<float>& up_ms, const Tensor<float>& pan, const Window&) {
                             return image_of<float>(
                                 up_ms.shape(), [&](std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t band) {
                                   return up_ms(n, y, x, band) + static_cast<float>(band + 1) * pan(n, y, x, 0);
                                 });
                           }};

PreMix<float> network() {
  PreMix<float> model({.bands = 3, .embed_dim = 8});
  for (auto& parameter : parameters(model)) {
    const auto& old = parameter.value();
    parameter.mutable_value() =
        image_of<float>(parameter.shape(), [&](auto... at) { return static_cast<float>(old(at...) * 1.6F); });
  }
  return model;
}

}  // namespace

TEST_CASE("a scene's back-projection has the same bits as the image's", "[sharpener][back_projection]") {
  const MapCase& map_case = map_cases[GENERATE(0, 1, 2, 3, 4)];
  const int rounds = GENERATE(0, 1, 3);
  CAPTURE(map_case.name, rounds);
  SceneInMemory whole = scene(map_case.map, 704, 1063);
  const Tensor<float> plain = run(SceneSharpener(added), whole);
  const Tensor<float> expected = back_projected(plain, whole.ms, whole.map, rounds);
  CHECK((largest_difference(expected, plain) > 0.5) == (rounds > 0));
  CHECK(same_bits(run(SceneSharpener(added, {.back_projections = rounds}), whole), expected));
}

TEST_CASE("a network's scene is back-projected like its image, to rounding", "[sharpener][back_projection]") {
  const PreMix<float> model = network();
  SceneInMemory whole = scene(uneven.map, 530, 700, 3);
  const Tensor<float> plain = run(SceneSharpener(model), whole);
  const Tensor<float> expected = back_projected(plain, whole.ms, whole.map, 2);
  const double change = largest_difference(expected, plain);
  CHECK(change > 0.1);
  CHECK(largest_difference(run(SceneSharpener(model, {.back_projections = 2}), whole), expected) < 1e-5 * change);
}

TEST_CASE("a back-projected scene has the same bits for any memory, threads, part and resumption",
          "[sharpener][back_projection][threads]") {
  const PreMix<float> model = network();
  SceneInMemory whole = scene(uneven.map, 800, 600, 3);
  const SceneSharpener sharpener(model, {.clahe_cell = 64, .back_projections = 3});
  const Tensor<float> expected = run(sharpener, whole);
  const std::vector<Window> pieces = whole.pieces;

  CHECK(same_bits(
      run(SceneSharpener(
              model, {.max_memory = sharpener.least_memory(whole.geometry()), .clahe_cell = 64, .back_projections = 3}),
          whole),
      expected));
  {
    const Threads one(1);
    CHECK(same_bits(run(sharpener, whole), expected));
  }
  for (const std::int64_t done : {2, 5}) {
    CHECK(sharpener.run(whole.source(), whole.sink(done)));
    CHECK(whole.pieces == std::vector<Window>(pieces.begin() + done, pieces.end()));
    for (const Window& piece : whole.pieces) CHECK(same_bits(crop(whole.fused, piece), crop(expected, piece)));
  }
  for (const Window& part :
       {Window{0, 0, 300, 200}, Window{257, 500, 300, 100}, Window{511, 511, 2, 2}, Window{770, 0, 30, 600}}) {
    whole.part = part;
    CHECK(same_bits(run(sharpener, whole), crop(expected, part)));
  }
}

TEST_CASE("MS pixels with invalid fused pixels in their area correct nothing, and invalid values have no effect",
          "[sharpener][back_projection][mask]") {
  const std::int64_t height = 700, width = 640, ms_width = width / 4;
  constexpr int rounds = 3;
  SceneInMemory masked = scene(quarter.map, height, width);
  masked.pan_valid.assign(static_cast<std::size_t>(height * width), 1);
  masked.ms_valid.assign(static_cast<std::size_t>(height / 4 * ms_width), 1);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const bool wedge = x + y<150, hole = y> 249 && y < 263 && x > 500 && x < 530,
                 piece = y >= 250 && y < 520 && x < 514;
      if (wedge || hole || piece) masked.pan_valid[static_cast<std::size_t>(y * width + x)] = 0;
    }
  for (const std::int64_t row : {63, 64, 130})
    for (std::int64_t x = 120; x < 140; x += 3) masked.ms_valid[static_cast<std::size_t>(row * ms_width + x)] = 0;
  // The values of invalid pixels must not matter.
  for (std::size_t i = 0; i < masked.pan_valid.size(); ++i)
    if (masked.pan_valid[i] == 0) masked.pan.mutable_data()[i] = i % 2 == 0 ? 1e6F : std::nanf("");
  for (std::size_t i = 0; i < masked.ms_valid.size(); ++i)
    if (masked.ms_valid[i] == 0) std::fill_n(masked.ms.mutable_data() + 4 * i, 4, i % 2 == 0 ? 1e6F : std::nanf(""));

  const Tensor<float> plain = run(SceneSharpener(added), masked);
  const std::vector<std::uint8_t> valid = masked.fused_valid;
  std::vector<std::uint8_t> contributing = masked.ms_valid;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      if (valid[static_cast<std::size_t>(y * width + x)] == 0)
        contributing[static_cast<std::size_t>(y / 4 * ms_width + x / 4)] = 0;
  Tensor<float> expected = plain;
  for (int round = 0; round < rounds; ++round) {
    const Tensor<float> average = average_on_ms_grid(expected, masked.map, height / 4, ms_width).image;
    const auto missing =
        image_of<float>(masked.ms.shape(), [&](std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t band) {
          return contributing[static_cast<std::size_t>(y * ms_width + x)] == 0
                     ? 0
                     : masked.ms(n, y, x, band) - average(n, y, x, band);
        });
    const Tensor<float> correction = ms_on_pan_grid(missing, masked.map, height, width);
    expected = image_of<float>(plain.shape(), [&](auto... at) { return expected(at...) + correction(at...); });
  }

  const Tensor<float> projected = run(SceneSharpener(added, {.back_projections = rounds}), masked);
  CHECK(masked.fused_valid == valid);
  std::int64_t wrong = 0, compared = 0;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      if (valid[static_cast<std::size_t>(y * width + x)] == 0) continue;
      for (int band = 0; band < 4; ++band) {
        ++compared;
        if (!(projected(0, y, x, band) == expected(0, y, x, band))) ++wrong;
      }
    }
  CAPTURE(compared);
  CHECK(wrong == 0);

  // The strip beside the fully invalid piece and the pieces below depend on rows of that piece.
  masked.part = {523, 505, 40, 20};
  const Tensor<float> part = run(SceneSharpener(added, {.back_projections = rounds}), masked);
  std::int64_t other = 0;
  for (std::int64_t y = 0; y < 40; ++y)
    for (std::int64_t x = 0; x < 20; ++x)
      if (valid[static_cast<std::size_t>((523 + y) * width + 505 + x)] != 0 &&
          part(0, y, x, 0) != projected(0, 523 + y, 505 + x, 0))
        ++other;
  CHECK(other == 0);
}

TEST_CASE("a PAN far beyond its MS is back-projected where the MS is", "[sharpener][back_projection]") {
  SceneInMemory wide = scene(quarter.map, 600, 1600);
  wide.ms = uniform_image<float>({1, 100, 140, 4}, 0, 1, 2);
  wide.map.rows.offset -= 10;
  wide.map.columns.offset -= 130;  // PAN rows 40 .. 439, columns 520 .. 1079
  const Window served = {40, 520, 400, 560};
  const Tensor<float> projected = crop(run(SceneSharpener(added, {.back_projections = 2}), wide), served);
  const Window last_read = wide.pan_windows.back();
  const Tensor<float> plain = crop(run(SceneSharpener(added), wide), served);
  CHECK(same_bits(projected, back_projected(plain, wide.ms, quarter.map, 2)));
  CHECK(last_read == wide.pan_windows.back());  // pixels far from the MS do not depend on it
}

TEST_CASE("a negative number of back-projections is refused", "[sharpener][back_projection][error]") {
  CHECK_THROWS_WITH(SceneSharpener(added, {.back_projections = -1}), contains("back_projections = -1"));
}
