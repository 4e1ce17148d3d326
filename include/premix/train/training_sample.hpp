#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include "premix/data/pairs.hpp"
#include "premix/train/recipe.hpp"
#include "premix/train/training_batch.hpp"

namespace premix {

/// What a sample shows.
enum class SampleKind {
  reduced,         // reduced MS and PAN; the truth is the original MS
  full_resolution  // original PAN, MS reduced as far as needed; the truth is the original MS, with coarser pixels
};

/// Draws crops of an image pair by a recipe with Degradation::mtf: crops_per_image images (N = crops_per_image). The
/// draws come from the generator alone. pair_ratio: PAN pixels along one MS pixel. Throws a data Error if the image is
/// smaller than a crop or does not fit the ratio.
TrainingBatch draw_sample(const ImagePair& pair, int pair_ratio, const Recipe& recipe, SampleKind kind,
                          std::mt19937& generator);

}  // namespace premix
