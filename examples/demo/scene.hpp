#pragma once

#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/io/raster.hpp"

// The demo's data: an image with four bands whose pixels are the truth, and from it the pair of images that a satellite
// would have delivered.

namespace demo {

inline constexpr int ratio = 4;
inline constexpr double max_val = 255;

struct Scene {
  std::string description;      // one sentence on where it comes from
  premix::Tensor<float> truth;  // (1, H, W, 4): blue, green, red, near infrared; counts; H and W multiples of 8
  premix::GeoReference geo;     // of the truth
  std::vector<std::string> band_names;
};

/// A Landsat-7 image with the bands 1 to 4 in its first four.
Scene landsat_scene(const std::string& path);

/// Fields, roads and texture drawn by chance, for machines without a network.
Scene generated_scene();

/// The shares of the four bands in the simulated PAN, after the overlap of the instrument's responses.
const std::vector<double>& pan_weights();

/// A PAN image (1, H, W, 1) in counts. Each band is blurred and noisy before it takes part, and the sum is rounded to
/// counts, so the bands can't be recovered from it.
premix::Tensor<float> simulated_pan(const premix::Tensor<float>& truth);

/// An MS image (1, H/4, W/4, 4) in counts: the truth degraded and rounded.
premix::Tensor<float> simulated_ms(const premix::Tensor<float>& truth);

}  // namespace demo
