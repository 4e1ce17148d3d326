#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "premix/data/degrade.hpp"

namespace premix {

/// Values of a uniform random draw.
struct DrawRange {
  double least = 0, most = 0;

  friend bool operator==(const DrawRange&, const DrawRange&) = default;
};

/// Loss between the fused image and the truth. Means over pixels and bands.
enum class LossKind {
  l1,           // absolute difference
  charbonnier,  // sqrt(difference^2 + 1e-6) (Charbonnier et al. 1994)
  l1_gradient   // l1, plus l1 of the differences of neighbouring pixels
};

/// Learning rate over the epochs.
enum class Schedule {
  step,   // times 0.8 every 50 epochs, as published
  cosine  // from lr to lr / 100 along half a cosine (Loshchilov & Hutter 2017)
};

/// How a training makes its samples, and how it learns from them. The default is the published recipe: whole images,
/// reduced by the published blur. sharp_recipe() trains weights for real scenes. See docs/recipes.md.
///
/// With Degradation::mtf each sample is drawn anew: gains, brightness, noise, shift, crop and orientation. Draws depend
/// only on the seed, the epoch and the position in it. High-pass and contrast-equalised images are those of the whole
/// image, so that a crop looks as in a scene.
struct Recipe {
  Degradation degradation = Degradation::published;
  int train_ratio = 0;               // MS reduction; 0: the ratio of the data. PAN is reduced by the ratio of the data.
  DrawRange ms_gain = {0.15, 0.85};  // MTF gain at the Nyquist frequency, drawn per image and axis
  DrawRange pan_gain = {0.1, 0.6};
  std::int64_t crop = 0;             // side of a crop in pixels, a multiple of 4; 0: whole images
  std::int64_t crops_per_image = 1;  // crops of one draw
  std::int64_t visits = 1;           // draws of each image per epoch
  bool dihedral = false;             // random flips and transposition
  DrawRange brightness = {1, 1};     // factor of the image values, log-uniform
  double band_brightness = 1;        // factor of each band, 1/b to b, log-uniform
  double noise = 0;                  // largest standard deviation of noise in MS and PAN, before the brightness factor
  double shift = 0;                  // largest PAN shift per axis, in pixels of the reduced PAN
  double pan_mix = 0;                // share of images with a random mix of the bands in the PAN

  LossKind loss = LossKind::l1;
  double bias = 0;                    // weight of block_mean_loss()
  double full_resolution = 0;         // share of batches at full resolution (full_resolution_loss())
  double full_resolution_gain = 0.3;  // of the MS instrument
  double detail = 0.02;               // weight of the detail correlation in that loss

  Schedule schedule = Schedule::step;
  double average = 0;    // decay of the averaged weights per step; 0: no averaging
  double clip_norm = 0;  // largest norm of all gradients together; 0: not clipped

  bool is_published() const { return degradation == Degradation::published; }

  /// Returns the reduction of MS for data of this ratio.
  int ms_ratio(int data_ratio) const { return train_ratio > 0 ? train_ratio : data_ratio; }

  /// Throws a usage Error that names the first invalid value.
  void check() const;

  friend bool operator==(const Recipe&, const Recipe&) = default;
};

/// Returns the recipe for real scenes.
Recipe sharp_recipe();

/// Names for flags and files: published, mtf; l1, charbonnier, l1+gradient; step, cosine.
std::string_view degradation_name(Degradation degradation);
std::string_view loss_name(LossKind loss);
std::string_view schedule_name(Schedule schedule);

/// The values of these names. Throw a usage Error that lists the names.
Degradation degradation_by_name(std::string_view name);
LossKind loss_by_name(std::string_view name);
Schedule schedule_by_name(std::string_view name);

}  // namespace premix
