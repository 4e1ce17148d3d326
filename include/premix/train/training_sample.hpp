#pragma once

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

/// Throws a data Error if the images do not suit the recipe: their sides, their size or their borders. Throws a usage
/// Error if the ratio or the crop does not suit full resolution. pair_ratio: PAN pixels along one MS pixel.
void check_recipe_takes(const ImagePair& pair, int pair_ratio, const Recipe& recipe, SampleKind kind);

/// Draws crops of an image pair by a recipe with Degradation::mtf. N is crops_per_image. All draws come from the
/// generator. Throws the Errors of check_recipe_takes().
TrainingBatch draw_sample(const ImagePair& pair, int pair_ratio, const Recipe& recipe, SampleKind kind,
                          std::mt19937& generator);

}  // namespace premix
