#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "premix/infer/shift/shift.hpp"
#include "support/scene_in_memory.hpp"

/// PAN and MS of a synthetic ground. The MS is shifted by a known amount.
namespace premix::testing {

/// A ground of waves with lengths of 3 to 400 PAN pixels. Long waves are stronger, as in nature. The sensors are
/// Gaussians with gain 0.3 at the Nyquist frequency of the MS, so the MS is aliased like real ones. Each band has its
/// own share of a wave. The PAN sees the mean over four bands.
class Waves {
 public:
  explicit Waves(std::uint32_t seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::normal_distribution<double> normal;
    for (Wave& wave : waves_) {
      const double frequency = std::pow(133.0, uniform(generator)) / 400, direction = turn * uniform(generator);
      wave.across = frequency * std::cos(direction);
      wave.down = frequency * std::sin(direction);
      wave.phase = turn * uniform(generator);
      wave.amplitude = 0.035 / std::sqrt(400 * frequency);
      for (double& share : wave.share) share = 1 + 0.5 * normal(generator);
    }
  }

  static constexpr std::int64_t pan = -1;

  /// Adds a band, or the PAN, to one channel of an image (1, H, W, C). pixel: side of its pixels. shift: displacement
  /// of the content. Both in PAN pixels.
  void add_to(Tensor<float>& image, std::int64_t channel, std::int64_t band, double pixel, Shift shift) const {
    const auto [n, h, w, c] = image.shape();
    const double sigma = 0.494 * pixel;
    std::vector<std::complex<double>> across(static_cast<std::size_t>(w));
    float* values = image.mutable_data();
    for (const Wave& wave : waves_) {
      const double frequency = std::hypot(wave.across, wave.down),
                   damped = std::exp(-0.5 * std::pow(turn * sigma * frequency, 2));
      const double mean = (wave.share[0] + wave.share[1] + wave.share[2] + wave.share[3]) / 4;
      const double amplitude = wave.amplitude * damped * (band == pan ? mean : wave.share[band]);
      for (std::int64_t x = 0; x < w; ++x)
        across[static_cast<std::size_t>(x)] = std::polar(
            amplitude, turn * wave.across * ((static_cast<double>(x) + 0.5) * pixel - shift.dx) + wave.phase);
      for (std::int64_t y = 0; y < h; ++y) {
        const auto down = std::polar(1.0, turn * wave.down * ((static_cast<double>(y) + 0.5) * pixel - shift.dy));
        for (std::int64_t x = 0; x < w; ++x)
          values[(y * w + x) * c + channel] += static_cast<float>((across[static_cast<std::size_t>(x)] * down).imag());
      }
    }
  }

 private:
  static constexpr double turn = 2 * std::numbers::pi;
  struct Wave {
    double across = 0, down = 0, phase = 0, amplitude = 0;
    double share[4] = {};
  };
  Wave waves_[200];
};

/// Returns a scene of side x side MS pixels. PAN and MS have the same outer borders. shifts: one for each of up to four
/// bands, in PAN pixels. Values are about 0.5, with noise of 0.002.
inline SceneInMemory shifted_scene(std::int64_t side, std::int64_t ratio, const std::vector<Shift>& shifts) {
  const auto bands = static_cast<std::int64_t>(shifts.size());
  const Waves waves(7);
  std::mt19937 generator(8);
  std::normal_distribution<float> noise(0.5f, 0.002f);
  SceneInMemory scene = {
      .pan = Tensor<float>({1, side * ratio, side * ratio, 1}), .ms = Tensor<float>({1, side, side, bands}), .map = {}};
  for (Tensor<float>* image : {&scene.pan, &scene.ms})
    std::generate_n(image->mutable_data(), image->size(), [&] { return noise(generator); });
  waves.add_to(scene.pan, 0, Waves::pan, 1, {});
  for (std::int64_t band = 0; band < bands; ++band)
    waves.add_to(scene.ms, band, band, static_cast<double>(ratio), shifts[static_cast<std::size_t>(band)]);
  scene.map = map_by_size({side * ratio, side * ratio}, {side, side}, Alignment::edges);
  return scene;
}

}  // namespace premix::testing
