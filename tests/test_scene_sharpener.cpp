#include "premix/infer/sharpener/scene_sharpener.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/memory.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/infer/resample.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"
#include "support/scene_in_memory.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

// Larger weights: with the initial ones, the early sub-models have little influence.
PreMix<float> network(const PreMixConfig& config, float scale = 1.6F) {
  PreMix<float> model(config);
  for (auto& parameter : parameters(model)) {
    const auto& old = parameter.value();
    parameter.mutable_value() =
        image_of<float>(parameter.shape(), [&](auto... at) { return static_cast<float>(old(at...) * scale); });
  }
  return model;
}

AxisMap ratio_4() { return {0.25, 0.125 - 0.5}; }

SceneInMemory scene(std::int64_t height, std::int64_t width, std::int64_t bands = 4) {
  SceneInMemory result;
  result.pan = uniform_image<float>({1, height, width, 1}, 0, 1, 1);
  result.ms = uniform_image<float>({1, (height + 3) / 4, (width + 3) / 4, bands}, 0, 1, 2);
  result.map = {ratio_4(), ratio_4()};
  return result;
}

Tensor<float> run(const SceneSharpener& sharpener, SceneInMemory& scene) {
  CHECK(sharpener.run(scene.source(), scene.sink()));
  CHECK(scene.complete());
  return scene.fused;
}

double largest(const Tensor<float>& a) {
  double result = 0;
  for (const float v : a.values()) result = std::max(result, std::abs(static_cast<double>(v)));
  return result;
}

// Two row-streaming networks and one that runs in blocks.
const PreMixConfig configs[] = {
    {.bands = 4, .embed_dim = 8}, {.bands = 3, .embed_dim = 8, .num_layers = 2}, {.bands = 4, .embed_dim = 6}};
const PreMixConfig& small = configs[0];

}  // namespace

TEST_CASE("a scene with cells of an eighth of its size is fused like the whole image", "[sharpener]") {
  const PreMixConfig config = configs[GENERATE(0, 1, 2)];
  const std::int64_t side = 544;  // pieces in both directions
  CAPTURE(config.embed_dim, config.num_layers);
  const PreMix<float> model = network(config);
  SceneInMemory whole = scene(side, side, config.bands);
  const Tensor<float> fused = run(SceneSharpener(model, {.clahe_cell = side / 8}), whole);
  const Tensor<float> expected = PreMixInference(model)(ms_on_pan_grid(whole.ms, whole.map, side, side), whole.pan);
  CHECK(largest_difference(fused, expected) < 2e-5 * largest(expected));
}

TEST_CASE("a scene has the same bits for any memory and threads, and a part has the bits of the whole",
          "[sharpener][threads]") {
  const PreMixConfig config = configs[GENERATE(0, 1, 2)];
  CAPTURE(config.embed_dim, config.num_layers);
  const PreMix<float> model = network(config);
  // Three strips of columns: a left, a middle and a right one. The slowest network has no middle one.
  SceneInMemory whole = scene(790, config.num_layers == 2 ? 600 : 1063, config.bands);
  const SceneSharpener sharpener(model, {.clahe_cell = 64});
  const Tensor<float> expected = run(sharpener, whole);

  const SceneSharpener tight(model, {.max_memory = sharpener.least_memory(whole.geometry()), .clahe_cell = 64});
  CHECK(same_bits(run(tight, whole), expected));
  const std::int64_t width = expected.shape().w;
  for (const Window& part : {Window{0, 0, 300, 200}, Window{483, width - 363, 307, 363}, Window{400, 500, 1, 17},
                             Window{257, 0, 280, width}}) {
    const Threads threads(part.width == width ? 1 : 2);
    whole.part = part;
    CHECK(same_bits(run(sharpener, whole), crop(expected, part)));
  }
}

TEST_CASE("a resumed run writes the missing pieces with the same bits", "[sharpener]") {
  const PreMix<float> model = network(small);
  SceneInMemory whole = scene(1100, 600);
  const SceneSharpener sharpener(model, {.clahe_cell = 64});
  const Tensor<float> expected = run(sharpener, whole);
  const std::vector<Window> pieces = whole.pieces;
  REQUIRE(pieces.size() == 10);
  for (const std::int64_t done : {3, 4, 5, 9}) {
    CHECK(sharpener.run(whole.source(), whole.sink(done)));
    CHECK(whole.pieces == std::vector<Window>(pieces.begin() + done, pieces.end()));
    for (const Window& piece : whole.pieces) CHECK(same_bits(crop(whole.fused, piece), crop(expected, piece)));
  }
}

TEST_CASE("the receptive field of a fused pixel is bounded by reach()", "[sharpener]") {
  const int layers = GENERATE(1, 2), mixing = GENERATE(0, 1);
  const PreMixConfig config = {
      .bands = 1, .embed_dim = 2, .num_layers = layers, .mixing = mixing == 1, .activation = Activation::sigmoid};
  CAPTURE(config.num_layers, config.mixing);
  // In double, convolutions are direct sums without influence from outside their taps. Positive weights propagate every
  // change.
  PreMix<double> model(config);
  for (auto& parameter : parameters(model))
    for (double& v :
         std::span(parameter.mutable_value().mutable_data(), static_cast<std::size_t>(parameter.value().size())))
      v = std::abs(v);
  const std::int64_t reach = SceneSharpener(PreMix<float>(config)).reach(), side = (2 * reach + 16 + 3) / 4 * 4;
  const auto images = branch_images(uniform_image<double>({1, side, side, 1}, 0.2, 1, 1),
                                    uniform_image<double>({1, side, side, 1}, 0.2, 1, 2));
  const NoGrad no_grad;
  const Tensor<double> before = model(images).value();
  std::int64_t above = 0, below = 0;
  for (std::int64_t row = side / 2; row < side / 2 + 4; ++row) {
    const BranchImages<double> other = images.map([&](const Tensor<double>& image) {
      Tensor<double> changed = image.clone();
      for (std::int64_t x = 0; x < side; ++x) changed.mutable_data()[row * side + x] += 1;
      return changed;
    });
    const Tensor<double> after = model(other).value();
    for (std::int64_t y = 0; y < side; ++y) {
      if (before(0, y, side / 2, 0) == after(0, y, side / 2, 0)) continue;
      above = std::max(above, y - row);
      below = std::max(below, row - y);
    }
  }
  CAPTURE(reach, above, below);
  // The high-pass images add one pixel to the reach. With two layers, the farthest influence is lost in rounding.
  CHECK(std::max(above, below) < reach);
  CHECK(std::max(above, below) >= (layers == 1 ? reach - 1 : reach * 6 / 10));
}

TEST_CASE("pixels far from invalid ones keep their bits, and invalid values have no effect", "[sharpener][mask]") {
  const PreMix<float> model = network(small);
  const std::int64_t cell = 32, height = 700, width = 640;
  const SceneSharpener sharpener(model, {.clahe_cell = cell});
  SceneInMemory plain = scene(height, width);
  const Tensor<float> expected = run(sharpener, plain);

  SceneInMemory masked = plain;
  masked.pan_valid.assign(static_cast<std::size_t>(height * width), 1);
  const auto invalid = [&](std::int64_t y, std::int64_t x) {
    return x + y < 200 || (y > 500 && y < 520 && x > 400 && x < 430);
  };
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      if (invalid(y, x)) masked.pan_valid[static_cast<std::size_t>(y * width + x)] = 0;
  const Tensor<float> fused = run(sharpener, masked);
  CHECK(masked.fused_valid == masked.pan_valid);

  const auto far = static_cast<double>(sharpener.reach() + 3 * cell / 2 + 1);
  const auto bits_far = static_cast<double>(sharpener.tile_overlap() + 3 * cell / 2 + 1);
  std::int64_t kept = 0, changed = 0, far_changed = 0;
  double far_difference = 0;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      if (invalid(y, x)) continue;
      // Distance along both axes: rows and columns.
      const auto distance =
          static_cast<double>(std::min((x + y - 199) / 2, std::max({501 - y, y - 519, 401 - x, x - 429})));
      const bool same = fused(0, y, x, 0) == expected(0, y, x, 0) && fused(0, y, x, 3) == expected(0, y, x, 3);
      ++(same ? kept : changed);
      if (distance > far)
        far_difference =
            std::max(far_difference, std::abs(static_cast<double>(fused(0, y, x, 0)) - expected(0, y, x, 0)));
      if (distance > bits_far && !same) ++far_changed;
    }
  CHECK(far_difference < 1e-6 * largest(expected));
  CHECK(far_changed == 0);
  CHECK(changed > 1000);  // near pixels depend on the filled-in values
  CHECK(kept > 10000);

  // The values of invalid pixels must not matter.
  SceneInMemory corrupted = masked;
  corrupted.pan = masked.pan.clone();
  for (std::size_t i = 0; i < corrupted.pan_valid.size(); ++i)
    if (corrupted.pan_valid[i] == 0) corrupted.pan.mutable_data()[i] = i % 2 == 0 ? 1e6F : std::nanf("");
  CHECK(same_bits(run(sharpener, corrupted), fused));
}

TEST_CASE("an invalid MS pixel makes the PAN pixels with centres inside it invalid", "[sharpener][mask]") {
  const SceneSharpener sharpener(
      BlockFusion{0, [](const Tensor<float>& up_ms, const Tensor<float>&, const Window&) { return up_ms; }});
  SceneInMemory flat = scene(64, 64);
  std::fill_n(flat.ms.mutable_data(), flat.ms.size(), 0.25F);
  flat.ms_valid.assign(16 * 16, 1);
  flat.ms_valid[5 * 16 + 7] = 0;
  for (int b = 0; b < 4; ++b) flat.ms.mutable_data()[(5 * 16 + 7) * 4 + b] = 100;
  const Tensor<float> fused = run(sharpener, flat);
  for (std::int64_t y = 0; y < 64; ++y)
    for (std::int64_t x = 0; x < 64; ++x) {
      const bool invalid = y / 4 == 5 && x / 4 == 7;
      CHECK(flat.fused_valid[static_cast<std::size_t>(y * 64 + x)] == (invalid ? 0 : 1));
      if (!invalid) CHECK(fused(0, y, x, 2) == Approx(0.25).epsilon(1e-5));
    }
}

TEST_CASE("classical methods accept any resampling of the MS, and networks only cubic", "[sharpener]") {
  const BlockFusion exp{0, [](const Tensor<float>& up_ms, const Tensor<float>&, const Window&) { return up_ms; }};
  SceneInMemory some = scene(300, 600);
  const Tensor<float> nearest = run(SceneSharpener(exp, {.resampling = Resampling::nearest}), some);
  const Tensor<float> bilinear = run(SceneSharpener(exp, {.resampling = Resampling::bilinear}), some);
  for (const std::int64_t y : {0, 5, 255, 256, 299})
    for (const std::int64_t x : {0, 6, 511, 512, 599}) {
      CHECK(nearest(0, y, x, 1) == some.ms(0, y / 4, x / 4, 1));
      const double v = std::clamp(y * 0.25 - 0.375, 0.0, 74.0), u = std::clamp(x * 0.25 - 0.375, 0.0, 149.0);
      const auto row = static_cast<std::int64_t>(v), column = static_cast<std::int64_t>(u);
      const auto at = [&](std::int64_t r, std::int64_t c) {
        return some.ms(0, std::min<std::int64_t>(r, 74), std::min<std::int64_t>(c, 149), 2);
      };
      const double a = v - static_cast<double>(row), b = u - static_cast<double>(column);
      const double expected = (1 - a) * ((1 - b) * at(row, column) + b * at(row, column + 1)) +
                              a * ((1 - b) * at(row + 1, column) + b * at(row + 1, column + 1));
      CHECK(bilinear(0, y, x, 2) == Approx(expected).epsilon(1e-5));
    }
  CHECK_THROWS_WITH(SceneSharpener(network(small), {.resampling = Resampling::nearest}), contains("cubic"));
}

TEST_CASE("a scene without valid pixels is written as invalid, without computing anything", "[sharpener][mask]") {
  int calls = 0;
  const SceneSharpener sharpener(BlockFusion{4, [&](const Tensor<float>& up_ms, const Tensor<float>&, const Window&) {
                                               ++calls;
                                               return up_ms;
                                             }});
  SceneInMemory empty = scene(600, 100);
  empty.pan_valid.assign(600 * 100, 0);
  empty.pan_valid[599 * 100 + 50] = 1;
  const Tensor<float> fused = run(sharpener, empty);
  CHECK(calls == 1);
  CHECK(empty.fused_valid == empty.pan_valid);
  CHECK(largest(crop(fused, {0, 0, 512, 100})) == 0);
}

TEST_CASE("a run reports progress, stops on request, and propagates exceptions of reading and writing",
          "[sharpener][error]") {
  const SceneSharpener sharpener(
      BlockFusion{0, [](const Tensor<float>& up_ms, const Tensor<float>&, const Window&) { return up_ms; }});
  SceneInMemory some = scene(700, 600);
  std::vector<SceneProgress> reports;
  CHECK(sharpener.run(some.source(), some.sink(), [&](const SceneProgress& progress) {
    reports.push_back(progress);
    return true;
  }));
  REQUIRE(reports.size() == 6);
  CHECK(reports.back().pixels == 700 * 600);
  CHECK(reports.back().all_pixels == 700 * 600);

  CHECK_FALSE(sharpener.run(some.source(), some.sink(),
                            [&](const SceneProgress& progress) { return progress.pixels < 256 * 512; }));
  CHECK(some.pieces.size() == 1);

  SceneSource broken = some.source();
  const auto read = broken.read_ms;
  broken.read_ms = [read](const Window& window, float* values, std::uint8_t* valid) {
    if (window.top > 80) fail(ErrorKind::data, "ms.tif: block 7 can't be read");
    read(window, values, valid);
  };
  CHECK_THROWS_WITH(sharpener.run(broken, some.sink()), contains("block 7"));
  const auto full = [](const Window&, const float*, const std::uint8_t*) {
    fail(ErrorKind::runtime, "out.tif: no space left");
  };
  CHECK_THROWS_WITH(sharpener.run(some.source(), {.write = full}), contains("no space"));

  CHECK_THAT(message_of(ErrorKind::usage,
                        [&] { SceneSharpener(network(small), {.max_memory = 1000}).run(some.source(), some.sink()); }),
             contains("max_memory"));
  CHECK_THROWS_WITH(SceneSharpener(network(small), {.clahe_cell = 18}), contains("clahe_cell = 18"));
}
