#pragma once

#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/io/raster.hpp"

// Data of the demo: a four-band image as truth, and the MS and PAN images simulated from it.

namespace demo {

inline constexpr int ratio = 4;
inline constexpr double max_val = 255;

struct Scene {
  std::string description;      // origin, one sentence
  premix::Tensor<float> truth;  // (1, H, W, 4): blue, green, red, near infrared; counts; H and W multiples of 8
  premix::GeoReference geo;     // of the truth
  std::vector<std::string> band_names;
};

/// Loads a Landsat-7 image with bands 1 to 4 first.
Scene landsat_scene(const std::string& path);

/// Generates random fields, roads and texture, for machines without an internet connection.
Scene generated_scene();

/// Weights of the four bands in the simulated PAN, from the overlap of the spectral responses.
const std::vector<double>& pan_weights();

/// Simulates a PAN image (1, H, W, 1) in counts: the weighted sum of blurred, noisy bands, rounded. Blur, noise and
/// rounding prevent an exact recovery of the bands.
premix::Tensor<float> simulated_pan(const premix::Tensor<float>& truth);

/// Simulates an MS image (1, H/4, W/4, 4) in counts: the truth, degraded and rounded.
premix::Tensor<float> simulated_ms(const premix::Tensor<float>& truth);

}  // namespace demo
