#include "premix/infer/baselines/classical.hpp"

#include <cmath>

#include "premix/infer/baselines/brovey.hpp"
#include "premix/infer/mtf.hpp"
#include "premix/infer/resample.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"
#include "support/scene_in_memory.hpp"
#include "support/threads.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

constexpr double gain = 0.3;
constexpr ClassicalMethod all_methods[] = {ClassicalMethod::exp, ClassicalMethod::brovey, ClassicalMethod::gsa,
                                           ClassicalMethod::mtf_glp};

GridMap edges_map(double ratio) { return {{1 / ratio, 0.5 / ratio - 0.5}, {1 / ratio, 0.5 / ratio - 0.5}}; }

// Returns a truth on the PAN grid as seen by an instrument with this MTF gain.
Tensor<float> seen(const Tensor<float>& truth, const GridMap& map, std::int64_t ms_height, std::int64_t ms_width,
                   double mtf_gain = gain) {
  const auto [n, h, w, c] = truth.shape();
  std::vector<Tensor<float>> bands;
  for (std::int64_t band = 0; band < c; ++band) {
    const auto one =
        image_of<float>({1, h, w, 1}, [&, band](auto, auto y, auto x, auto) { return truth(0, y, x, band); });
    bands.push_back(sampled_by_mtf(one, {0, 0, h, w}, map, {0, 0, ms_height, ms_width}, mtf_gain));
  }
  return image_of<float>({1, ms_height, ms_width, c}, [&](auto, auto y, auto x, std::int64_t band) {
    return bands[static_cast<std::size_t>(band)](0, y, x, 0);
  });
}

// A truth of noise, its MS, and a PAN that is a mix of its bands.
struct Mixed {
  std::vector<double> shares = {0.4, 0.5, -0.2};
  double constant = 0.1;
  Tensor<float> truth;
  SceneInMemory scene;

  explicit Mixed(std::int64_t ms_height = 20, std::int64_t ms_width = 25, double ratio = 4)
      : truth(uniform_image<float>({1, static_cast<std::int64_t>(static_cast<double>(ms_height) * ratio),
                                    static_cast<std::int64_t>(static_cast<double>(ms_width) * ratio), 3},
                                   0.1, 0.9, 3)),
        scene{.pan = mix(truth), .ms = seen(truth, edges_map(ratio), ms_height, ms_width), .map = edges_map(ratio)} {}

  Tensor<float> mix(const Tensor<float>& image) const {
    return image_of<float>(image.shape().with_channels(1), [&](auto, auto y, auto x, auto) {
      double sum = constant;
      for (std::int64_t band = 0; band < 3; ++band)
        sum += shares[static_cast<std::size_t>(band)] * image(0, y, x, band);
      return sum;
    });
  }
};

Tensor<float> enlarged(const SceneInMemory& scene) {
  return ms_on_pan_grid(scene.ms, scene.map, scene.pan.shape().h, scene.pan.shape().w);
}

Tensor<float> fused(SceneInMemory& scene, ClassicalMethod method, const ClassicalOptions& options = {}) {
  const Window whole = {0, 0, scene.pan.shape().h, scene.pan.shape().w};
  return classical_fusion(method, scene.source(), options).fuse(enlarged(scene), scene.pan, whole);
}

// Mean and population covariance of columns of samples, by the textbook formulas.
struct Samples {
  std::vector<std::vector<double>> columns;

  double mean(std::size_t i) const {
    double sum = 0;
    for (const double value : columns[i]) sum += value;
    return sum / static_cast<double>(columns[i].size());
  }
  double covariance(std::size_t i, std::size_t j) const {
    double sum = 0;
    const double of_i = mean(i), of_j = mean(j);
    for (std::size_t k = 0; k < columns[i].size(); ++k) sum += (columns[i][k] - of_i) * (columns[j][k] - of_j);
    return sum / static_cast<double>(columns[i].size());
  }
};

// Returns the MS bands, then the PAN as seen by the MS instrument.
Samples samples_of(const SceneInMemory& scene) {
  const auto [n, h, w, c] = scene.ms.shape();
  const Tensor<float> low = seen(scene.pan, scene.map, h, w);
  Samples samples = {std::vector<std::vector<double>>(static_cast<std::size_t>(c + 1))};
  for (std::int64_t i = 0; i < h * w; ++i) {
    for (std::int64_t band = 0; band < c; ++band)
      samples.columns[static_cast<std::size_t>(band)].push_back(scene.ms.data()[i * c + band]);
    samples.columns.back().push_back(low.data()[i]);
  }
  return samples;
}

// Solves a x = b for three unknowns by Cramer's rule.
std::vector<double> solved(const double (&a)[3][3], const double (&b)[3]) {
  const auto determinant = [](const double(&m)[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  };
  std::vector<double> x;
  for (int k = 0; k < 3; ++k) {
    double replaced[3][3];
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) replaced[i][j] = j == k ? b[i] : a[i][j];
    x.push_back(determinant(replaced) / determinant(a));
  }
  return x;
}

}  // namespace

TEST_CASE("every method is found by its name", "[classical]") {
  CHECK(classical_method_by_name("exp") == ClassicalMethod::exp);
  CHECK(classical_method_by_name("brovey") == ClassicalMethod::brovey);
  CHECK(classical_method_by_name("gsa") == ClassicalMethod::gsa);
  CHECK(classical_method_by_name("mtf-glp") == ClassicalMethod::mtf_glp);
  CHECK_THAT(message_of(ErrorKind::usage, [] { classical_method_by_name("pca"); }),
             contains("pca") && contains("brovey, exp, gsa, mtf-glp"));
}

TEST_CASE("exp is the enlarged MS", "[classical]") {
  Mixed mixed;
  CHECK(same_bits(fused(mixed.scene, ClassicalMethod::exp), enlarged(mixed.scene)));
}

TEST_CASE("Brovey's bands keep their ratios, and their weighted sum is the PAN", "[classical]") {
  Mixed mixed;
  const std::vector<double> weights = {0.2, 0.3, 0.1};
  const Tensor<float> up_ms = enlarged(mixed.scene),
                      result = fused(mixed.scene, ClassicalMethod::brovey, {.weights = weights});
  for (std::int64_t i = 0; i < up_ms.shape().pixels(); ++i) {
    const float *a = up_ms.data() + 3 * i, *b = result.data() + 3 * i;
    REQUIRE(b[0] * a[1] == Approx(b[1] * a[0]).margin(1e-6));
    REQUIRE(b[0] * a[2] == Approx(b[2] * a[0]).margin(1e-6));
    REQUIRE(0.2 * b[0] + 0.3 * b[1] + 0.1 * b[2] == Approx(mixed.scene.pan.data()[i]).margin(1e-6));
  }
  CHECK(same_bits(fused(mixed.scene, ClassicalMethod::brovey),
                  brovey(up_ms, mixed.scene.pan, {1.0 / 3, 1.0 / 3, 1.0 / 3})));
}

TEST_CASE("GSA finds the mix of the PAN, so its mixed result equals the PAN", "[classical]") {
  Mixed mixed;
  CHECK(largest_difference(mixed.mix(fused(mixed.scene, ClassicalMethod::gsa)), mixed.scene.pan) < 2e-5);
  CHECK(largest_difference(mixed.mix(enlarged(mixed.scene)), mixed.scene.pan) > 0.1);
}

TEST_CASE("GSA recovers the truth if the bands are the PAN in other contrasts", "[classical]") {
  // The bands are one picture in different contrasts, so the regression has no unique solution.
  Mixed mixed;
  const auto picture = uniform_image<float>({1, 80, 100, 1}, 0, 1, 5);
  const auto truth = image_of<float>({1, 80, 100, 3}, [&](auto, auto y, auto x, std::int64_t band) {
    return 0.1 + 0.1 * static_cast<double>(band) + (0.6 - 0.3 * static_cast<double>(band)) * picture(0, y, x, 0);
  });
  SceneInMemory scene = {.pan = picture, .ms = seen(truth, edges_map(4), 20, 25), .map = edges_map(4)};
  CHECK(largest_difference(fused(scene, ClassicalMethod::gsa), truth) < 2e-5);
}

TEST_CASE("GSA treats bands that differ by less than one count as equal", "[classical]") {
  Mixed mixed;
  const auto noise = uniform_image<float>(mixed.scene.ms.shape(), -2e-7, 2e-7, 9);
  const auto with_copy = [&](bool exact) {
    SceneInMemory scene = mixed.scene;
    scene.pan = uniform_image<float>(scene.pan.shape(), 0, 1, 4);
    scene.ms = image_of<float>(scene.ms.shape(), [&](auto, auto y, auto x, std::int64_t band) {
      return band < 2 ? mixed.scene.ms(0, y, x, band) : mixed.scene.ms(0, y, x, 1) + (exact ? 0 : noise(0, y, x, 0));
    });
    return fused(scene, ClassicalMethod::gsa);
  };
  CHECK(largest_difference(with_copy(false), with_copy(true)) < 1e-5);
}

TEST_CASE("GSA equals its definition for a PAN that is not a mix of the bands", "[classical]") {
  Mixed mixed(40, 1100, 2);  // more than one tile of the statistics in each direction
  SceneInMemory& scene = mixed.scene;
  scene.pan = image_of<float>(scene.pan.shape(), [&](auto, auto y, auto x, auto) {
    return 0.5 * scene.pan(0, y, x, 0) + 0.2 * std::sin(static_cast<double>(x) / 50) +
           0.1 * std::cos(static_cast<double>(x * y) / 3);
  });
  const Samples samples = samples_of(scene);
  double ms[3][3], with_pan[3];
  for (std::size_t i = 0; i < 3; ++i) {
    with_pan[i] = samples.covariance(i, 3);
    for (std::size_t j = 0; j < 3; ++j) ms[i][j] = samples.covariance(i, j);
  }
  const std::vector<double> a = solved(ms, with_pan);
  double variance = 0, constant = samples.mean(3);
  for (std::size_t i = 0; i < 3; ++i) {
    constant -= a[i] * samples.mean(i);
    for (std::size_t j = 0; j < 3; ++j) variance += a[i] * a[j] * ms[i][j];
  }
  const Tensor<float> up_ms = enlarged(scene), result = fused(scene, ClassicalMethod::gsa);
  const auto expected = image_of<float>(up_ms.shape(), [&](auto, auto y, auto x, std::int64_t band) {
    double detail = scene.pan(0, y, x, 0) - constant, injection = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      detail -= a[i] * up_ms(0, y, x, static_cast<std::int64_t>(i));
      injection += a[i] * ms[i][band] / variance;
    }
    return up_ms(0, y, x, band) + injection * detail;
  });
  CHECK(largest_difference(result, expected) < 1e-5);
}

TEST_CASE("MTF-GLP recovers the truth if the bands are the PAN in other contrasts", "[classical]") {
  // Each band has its own MTF, and the MS ends before the PAN or extends beyond it. The effects of
  // interpolation on both cancel.
  const GridMap map = GENERATE(edges_map(4), GridMap{{1 / 3.7, 0.2}, {0.5, -0.3}}, GridMap{{-0.25, 18.6}, {0.25, 0}});
  const std::vector<double> gains = {0.35, 0.22, 0.35};
  const auto pan = uniform_image<float>({1, 76, 100, 1}, 0, 1, 5);
  const std::int64_t width = map.columns.scale == 0.5 ? 49 : 26;
  const auto band_of = [](double value, std::int64_t band) {
    return 0.1 + 0.1 * static_cast<double>(band) + (0.6 - 0.25 * static_cast<double>(band)) * value;
  };
  std::vector<Tensor<float>> low;
  for (const double mtf_gain : gains) low.push_back(seen(pan, map, 19, width, mtf_gain));
  const auto ms = image_of<float>({1, 19, width, 3}, [&](auto, auto y, auto x, std::int64_t band) {
    return band_of(low[static_cast<std::size_t>(band)](0, y, x, 0), band);
  });
  const auto truth = image_of<float>(
      {1, 76, 100, 3}, [&](auto, auto y, auto x, std::int64_t band) { return band_of(pan(0, y, x, 0), band); });
  SceneInMemory scene = {.pan = pan, .ms = ms, .map = map};
  CHECK(largest_difference(fused(scene, ClassicalMethod::mtf_glp, {.mtf_gains = gains}), truth) < 1e-5);
}

TEST_CASE("MTF-GLP scales PAN details by the ratio of standard deviations at the scale of the MS", "[classical]") {
  Mixed mixed(40, 1100, 2);
  SceneInMemory& scene = mixed.scene;
  const Samples samples = samples_of(scene);
  std::vector<double> injection;
  for (std::size_t band = 0; band < 3; ++band)
    injection.push_back(std::sqrt(samples.covariance(band, band) / samples.covariance(3, 3)));
  const Tensor<float> up_ms = enlarged(scene), result = fused(scene, ClassicalMethod::mtf_glp);
  const Tensor<float> low = ms_on_pan_grid(seen(scene.pan, scene.map, 40, 1100), scene.map, 80, 2200);
  const auto expected = image_of<float>(up_ms.shape(), [&](auto, auto y, auto x, std::int64_t band) {
    return up_ms(0, y, x, band) + injection[static_cast<std::size_t>(band)] * (scene.pan(0, y, x, 0) - low(0, y, x, 0));
  });
  CHECK(largest_difference(result, expected) < 1e-5);
}

TEST_CASE("invalid pixels are ignored, whatever their values", "[classical]") {
  Mixed clean, damaged;
  SceneInMemory& scene = damaged.scene;
  scene.pan_valid.assign(80 * 100, 1);
  scene.ms_valid.assign(20 * 25, 1);
  Tensor<float> pan = scene.pan.clone(), ms = scene.ms.clone();
  for (std::size_t y = 30; y < 42; ++y)
    for (std::size_t x = 0; x < 21; ++x) {
      scene.pan_valid[y * 100 + x] = 0;
      pan.mutable_data()[y * 100 + x] = y > 36 ? 1e6f : std::nanf("");
    }
  for (std::size_t i = 0; i < 500; i += 7)
    for (std::size_t band = 0; band < 3; ++band) {
      scene.ms_valid[i] = 0;
      ms.mutable_data()[3 * i + band] = band == 1 ? 1e6f : std::nanf("");
    }
  scene.pan = pan;
  scene.ms = ms;

  const Tensor<float> up_ms = enlarged(clean.scene);
  const auto result = [&](ClassicalMethod method) {
    return classical_fusion(method, scene.source()).fuse(up_ms, clean.scene.pan, {0, 0, 80, 100});
  };
  // Near the hole, the low-pass averages fewer pixels, so its samples differ from those of the MS.
  CHECK(largest_difference(damaged.mix(result(ClassicalMethod::gsa)), clean.scene.pan) < 0.05);
  CHECK(largest_difference(result(ClassicalMethod::mtf_glp), fused(clean.scene, ClassicalMethod::mtf_glp)) < 0.05);

  SECTION("invalid pixels of the MS do not affect the rest") {
    scene.pan_valid.clear();
    scene.pan = clean.scene.pan;
    CHECK(largest_difference(damaged.mix(result(ClassicalMethod::gsa)), clean.scene.pan) < 2e-5);
  }
}

TEST_CASE("MS pixels with less than half of their area valid in the PAN are ignored", "[classical]") {
  Mixed mixed;
  SceneInMemory& scene = mixed.scene;
  const Tensor<float> up_ms = enlarged(scene);
  scene.pan_valid.assign(80 * 100, 1);
  Tensor<float> ms = scene.ms.clone();
  for (std::size_t y = 0; y < 80; ++y)
    for (std::size_t x = 50; x < 100; ++x) scene.pan_valid[y * 100 + x] = 0;
  for (std::int64_t y = 0; y < 20; ++y)  // the centre of MS column 13 lies at PAN column 53.5
    for (std::int64_t x = 13; x < 25; ++x) ms.mutable_data()[(y * 25 + x) * 3] = 100;
  scene.ms = ms;
  const Tensor<float> result =
      classical_fusion(ClassicalMethod::gsa, scene.source()).fuse(up_ms, scene.pan, {0, 0, 80, 100});
  CHECK(largest_difference(mixed.mix(result), scene.pan) < 0.05);
}

TEST_CASE("blocks match the whole scene to the bit for any number of threads and any part", "[classical]") {
  const GridMap map =
      GENERATE(edges_map(4), GridMap{{1 / 3.7, 0.21}, {1 / 2.3, -0.7}}, GridMap{{-0.25, 19}, {1 / 3.1, 0.3}});
  const ClassicalMethod method = GENERATE(from_range(std::begin(all_methods), std::end(all_methods)));
  CAPTURE(map.rows.scale, static_cast<int>(method));
  SceneInMemory scene = {.pan = uniform_image<float>({1, 80, 120, 1}, 0, 1, 1),
                         .ms = uniform_image<float>({1, 22, 50, 3}, 0, 1, 2),
                         .map = map};
  const ClassicalOptions options = {.mtf_gains = {0.3, 0.25, 0.3}};
  const Tensor<float> up_ms = enlarged(scene), whole = fused(scene, method, options);

  const Threads threads(GENERATE(1, 3));
  scene.part = {17, 30, 20, 31};
  const BlockFusion fusion = classical_fusion(method, scene.source(), options);
  for (const Window& core :
       {Window{0, 0, 20, 31}, {17, 30, 20, 31}, {43, 64, 1, 1}, {60, 100, 20, 20}, {35, 0, 9, 120}}) {
    const std::int64_t top = std::max<std::int64_t>(core.top - fusion.reach, 0),
                       left = std::max<std::int64_t>(core.left - fusion.reach, 0);
    const Window block = {top, left, std::min<std::int64_t>(core.top + core.height + fusion.reach, 80) - top,
                          std::min<std::int64_t>(core.left + core.width + fusion.reach, 120) - left};
    const Tensor<float> result = fusion.fuse(crop(up_ms, block), crop(scene.pan, block), block);
    CHECK(same_bits(crop(result, {core.top - top, core.left - left, core.height, core.width}), crop(whole, core)));
  }
}

TEST_CASE("statistics read windows of bounded size, each MS pixel once, and nothing if none are needed",
          "[classical]") {
  Mixed mixed(70, 1500, 2);
  classical_fusion(ClassicalMethod::brovey, mixed.scene.source());
  CHECK(mixed.scene.ms_windows.empty());
  classical_fusion(ClassicalMethod::gsa, mixed.scene.source());
  std::int64_t pixels = 0;
  for (const Window& window : mixed.scene.ms_windows) {
    pixels += window.height * window.width;
    CHECK(window.height * window.width <= 32 * 1024);
  }
  CHECK(pixels == 70 * 1500);
  for (const Window& window : mixed.scene.pan_windows) CHECK(window.height * window.width <= (64 + 12) * (2048 + 12));
}

TEST_CASE("invalid options and scenes without valid pixels are errors", "[classical]") {
  Mixed mixed;
  const auto message = [&](ErrorKind kind, ClassicalMethod method, const ClassicalOptions& options) {
    return message_of(kind, [&] { classical_fusion(method, mixed.scene.source(), options); });
  };
  CHECK_THAT(message(ErrorKind::usage, ClassicalMethod::brovey, {.weights = {1, 2}}),
             contains("2 weights for 3 MS bands"));
  CHECK_THAT(message(ErrorKind::usage, ClassicalMethod::mtf_glp, {.mtf_gains = {0.3}}),
             contains("1 MTF gains for 3 MS bands"));
  CHECK_THAT(message(ErrorKind::usage, ClassicalMethod::mtf_glp, {.mtf_gains = {0.3, 1.5, 0.3}}), contains("1.5"));
  const BlockFusion fusion = classical_fusion(ClassicalMethod::gsa, mixed.scene.source());
  CHECK_THAT(message_of(ErrorKind::runtime,
                        [&] {
                          fusion.fuse(enlarged(mixed.scene), mixed.scene.pan, {0, 0, 80, 99});
                        }),
             contains("(1, 80, 99, 3)"));
  mixed.scene.ms_valid.assign(20 * 25, 0);
  for (const ClassicalMethod method : {ClassicalMethod::gsa, ClassicalMethod::mtf_glp})
    CHECK_THAT(message(ErrorKind::data, method, {}), contains("no MS pixel is valid"));
}

TEST_CASE("flat bands and a flat PAN inject nothing", "[classical]") {
  SceneInMemory scene = {.pan = Tensor<float>::full({1, 40, 40, 1}, 0.5f),
                         .ms = uniform_image<float>({1, 10, 10, 2}, 0, 1, 2),
                         .map = edges_map(4)};
  CHECK(largest_difference(fused(scene, ClassicalMethod::gsa), enlarged(scene)) < 1e-6);
  CHECK(largest_difference(fused(scene, ClassicalMethod::mtf_glp), enlarged(scene)) < 1e-6);
  scene.pan = uniform_image<float>({1, 40, 40, 1}, 0, 1, 1);
  scene.ms = Tensor<float>::full({1, 10, 10, 2}, 0.5f);
  CHECK(largest_difference(fused(scene, ClassicalMethod::gsa), enlarged(scene)) < 1e-6);
  CHECK(largest_difference(fused(scene, ClassicalMethod::mtf_glp), enlarged(scene)) < 1e-6);
}
