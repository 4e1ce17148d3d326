#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "premix/train/trainer.hpp"

namespace premix::training {

/// Loads every image once, so that one that is unfit stops the training before it begins, and returns a hash of what
/// the network will see.
std::string hash_of_data(const TrainingData& data, std::size_t num_workers);

/// A hash of all parameters.
std::string hash_of_parameters(const PreMix<float>& model);

/// JSON: everything that decides the bits of the weights. Threads, workers and the machine do not, and are not in it.
/// init_hash: of the weights that it begins from, or empty.
std::string recipe_of(const TrainingData& data, const TrainingOptions& options, const std::string& data_hash,
                      const std::string& init_hash);

/// The init_hash of a recipe.
std::string init_hash_of(const std::string& recipe);

/// Throws a usage Error that names the first thing in which the recipes differ, apart from the number of epochs and the
/// version.
void check_same_recipe(const std::string& begun_with, const std::string& now, const std::filesystem::path& state);

/// Writes manifest.json: the recipe, and where and how it is run.
void write_manifest(const std::filesystem::path& path, const std::string& recipe, const TrainingData& data,
                    const TrainingOptions& options);

}  // namespace premix::training
