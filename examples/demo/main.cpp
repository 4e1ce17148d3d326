// premix-demo: simulates an MS and PAN pair from one multispectral image, trains a small PreMix on the left half, and
// fuses the right half. Compares the result with the truth, bicubic enlargement and Brovey. `./run demo` calls it.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "cli.hpp"
#include "demo/scene.hpp"
#include "premix/data/pairs.hpp"
#include "premix/image/bicubic.hpp"
#include "premix/image/window.hpp"
#include "premix/infer/baselines/brovey.hpp"
#include "premix/infer/network/fuse.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/io/picture.hpp"
#include "premix/metrics/report.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"
#include "premix/optim/learning_rate.hpp"

namespace {

using premix::Tensor;

// One half of the scene, scaled to about [0, 1].
struct Half {
  Tensor<float> up_ms, pan, truth;
};

struct Pair {
  Tensor<float> ms, pan;  // counts
};

enum class Side { left, right };

Half half_of(const demo::Scene& scene, const Pair& pair, Side side) {
  const premix::Shape shape = scene.truth.shape();
  const std::int64_t width = shape.w / 2, left = side == Side::right ? width : 0;
  const premix::Window part{0, left, shape.h, width};
  const premix::Window ms_part{0, left / demo::ratio, shape.h / demo::ratio, width / demo::ratio};
  const auto scaled = [](const Tensor<float>& counts) { return premix::scaled_counts(counts, demo::max_val); };
  return {premix::bicubic_resize(scaled(premix::crop(pair.ms, ms_part)), shape.h, width),
          scaled(premix::crop(pair.pan, part)), scaled(premix::crop(scene.truth, part))};
}

// Mirrors an image along rows, columns, or both.
Tensor<float> mirrored(const Tensor<float>& x, bool rows, bool columns) {
  const premix::Shape s = x.shape();
  Tensor<float> result(s);
  float* to = result.mutable_data();
  for (std::int64_t r = 0; r < s.h; ++r)
    for (std::int64_t c = 0; c < s.w; ++c)
      for (std::int64_t b = 0; b < s.c; ++b)
        to[(r * s.w + c) * s.c + b] = x(0, rows ? s.h - 1 - r : r, columns ? s.w - 1 - c : c, b);
  return result;
}

void train(premix::PreMix<float>& model, const Half& half, int steps) {
  premix::Adam<float> adam(premix::parameters(model));
  const premix::StepLr schedule{.initial = 2e-3, .step_size = std::max(1, steps / 4), .gamma = 0.5};
  const auto start = std::chrono::steady_clock::now();
  for (int step = 0; step < steps; ++step) {
    const bool rows = step % 2 == 1, columns = step / 2 % 2 == 1;
    adam.set_lr(schedule.at(step));
    const auto loss = premix::l1_loss(model(mirrored(half.up_ms, rows, columns), mirrored(half.pan, rows, columns)),
                                      mirrored(half.truth, rows, columns));
    adam.zero_grad();
    loss.backward();
    adam.step();
    if (step % 25 == 0 || step == steps - 1) {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      std::printf("  step %4d of %d   mean absolute error %.5f   %.0f s\n", step + 1, steps,
                  static_cast<double>(loss.value().item()), seconds);
      std::fflush(stdout);
    }
  }
}

void print_scores(const std::string& name, const Tensor<float>& image, const Tensor<float>& truth) {
  double psnr = 0, sam = 0, ergas = 0, ssim = 0;
  for (const auto& [metric, value] : premix::reduced_resolution_metrics(image, truth, demo::ratio)) {
    if (metric == "PSNR") psnr = value;
    if (metric == "SAM_degrees") sam = value;
    if (metric == "ERGAS_ratio") ergas = value;
    if (metric == "SSIM") ssim = value;
  }
  std::printf("  %-8s %9.3f %9.3f %9.3f %9.4f\n", name.c_str(), psnr, sam, ergas, ssim);
}

// Draws red, green and blue of the images side by side, with one stretch.
void draw(const std::filesystem::path& path, const std::vector<Tensor<float>>& images, const Tensor<float>& truth) {
  const std::vector<int> rgb{2, 1, 0};
  const premix::Stretch stretch = premix::percentile_stretch(premix::choose_bands(truth, rgb));
  std::vector<Tensor<float>> panels;
  for (const auto& image : images)
    panels.push_back(image.shape().c == 1
                         ? premix::choose_bands(premix::stretched(image, premix::percentile_stretch(image)), {0, 0, 0})
                         : premix::stretched(premix::choose_bands(image, rgb), stretch));
  premix::write_png(path, premix::side_by_side(panels));
}

void write_rasters(const std::filesystem::path& folder, const demo::Scene& scene, const Pair& pair,
                   const Tensor<float>& fused_right) {
  premix::RasterInfo info{.data_type = "Byte", .geo = scene.geo};
  const premix::RasterOutput output{.existing = premix::Existing::replace};
  premix::write_raster((folder / "pan.tif").string(), pair.pan, info, output);

  for (const auto& name : scene.band_names) info.bands.push_back({.description = name});
  premix::RasterInfo coarse = info;
  for (const int i : {1, 2, 4, 5}) coarse.geo.geotransform[static_cast<std::size_t>(i)] *= demo::ratio;
  premix::write_raster((folder / "ms.tif").string(), pair.ms, coarse, output);

  const auto columns = static_cast<double>(scene.truth.shape().w / 2);
  info.geo.geotransform[0] += columns * info.geo.geotransform[1];
  info.geo.geotransform[3] += columns * info.geo.geotransform[4];
  Tensor<float> counts = fused_right.clone();
  float* values = counts.mutable_data();
  for (std::int64_t i = 0; i < counts.size(); ++i) values[i] *= static_cast<float>(demo::max_val);
  premix::write_raster((folder / "fused.tif").string(), counts, info, output);
}

void run(const std::string& image, const std::filesystem::path& folder, int steps) {
  const demo::Scene scene = image.empty() ? demo::generated_scene() : demo::landsat_scene(image);
  const Pair pair{demo::simulated_ms(scene.truth), demo::simulated_pan(scene.truth)};
  std::cout
      << "Truth: " << scene.description << ", " << scene.truth.shape().w << " x " << scene.truth.shape().h
      << " pixels.\n"
      << "MS and PAN are simulated from it. The MS is the truth degraded 4 times. The PAN is a weighted sum of its\n"
      << "bands, blurred and noisy. Real pairs are harder.\n\n"
      << "Training on the left half:\n";
  std::filesystem::create_directories(folder);

  premix::PreMix<float> model({.bands = 4, .embed_dim = 16});
  train(model, half_of(scene, pair, Side::left), steps);
  premix::WeightsInfo info;
  info.bands = scene.band_names;
  info.max_val = demo::max_val;
  info.ratio = demo::ratio;
  info.degradation = "Gaussian 3 x 3, sigma 1.5, then bicubic";
  premix::save_weights(folder / "weights.safetensors", model, info);

  const Half right = half_of(scene, pair, Side::right);
  const Tensor<float> fused = premix::fuse(model, right.up_ms, right.pan),
                      brovey = premix::brovey(right.up_ms, right.pan, demo::pan_weights());
  std::cout << "\nRight half, not used in training, against the truth:\n"
            << "            PSNR dB   SAM deg     ERGAS      SSIM\n";
  print_scores("bicubic", right.up_ms, right.truth);
  print_scores("Brovey", brovey, right.truth);
  print_scores("PreMix", fused, right.truth);

  draw(folder / "comparison.png", {right.pan, right.up_ms, brovey, fused, right.truth}, right.truth);
  write_rasters(folder, scene, pair, fused);
  std::cout << "\nOutput in " << folder.string()
            << ": comparison.png (PAN, bicubic, Brovey, PreMix, truth), fused.tif (right half),\n"
            << "pan.tif, ms.tif and weights.safetensors. To fuse the whole scene:\n"
            << "  build/release/examples/premix-pansharpen " << (folder / "pan.tif").string() << ' '
            << (folder / "ms.tif").string() << ' ' << (folder / "scene.tif").string() << " -m "
            << (folder / "weights.safetensors").string() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains a small PreMix on one half of an image and fuses the other.", "premix-demo");
  std::string image, folder = "build/demo";
  int steps = 300;
  app.add_option("--image", image, "Landsat-7 image, bands 1 to 4 first; default: a generated scene");
  app.add_option("--out", folder, "Folder for weights, rasters and pictures")->capture_default_str();
  app.add_option("--steps", steps, "Training steps")->capture_default_str()->check(CLI::PositiveNumber);
  return premix::cli::run_program(app, argc, argv, [&] { run(image, folder, steps); });
}
