#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "premix/train/trainer.hpp"

namespace premix::training {

/// Returns a hash of all image names and pixels. Loads every image once, so an unsuitable image stops the training
/// before its first step.
std::string hash_of_data(const TrainingData& data, std::size_t num_workers);

/// Returns a hash of all parameters.
std::string hash_of_parameters(const PreMix<float>& model);

struct RecipeHashes {
  std::string data;
  std::string init;     // of the initial weights; empty if they are random
  std::string teacher;  // of the teacher's weights; empty without one
};

/// Returns the recipe as JSON: all options and data that determine the weights. Excludes threads, workers and the
/// machine.
std::string recipe_of(const TrainingData& data, const TrainingOptions& options, const TrainingHooks& hooks,
                      const RecipeHashes& hashes);

/// Returns the init_hash of a recipe; empty if it has none.
std::string init_hash_of(const std::string& recipe);

/// Throws a usage Error that names the first difference between the recipes. Ignores the premix version and, without
/// Schedule::cosine, the number of epochs. Throws a data Error if stored is not a recipe.
void check_same_recipe(const std::string& stored, const std::string& now, const std::filesystem::path& state);

/// Writes manifest.json: the recipe, and the command, data, threads and machine of this run.
void write_manifest(const std::filesystem::path& path, const std::string& recipe, const TrainingData& data,
                    const TrainingOptions& options);

}  // namespace premix::training
