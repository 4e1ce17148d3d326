#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "premix/train/trainer.hpp"
#include "support/catch.hpp"
#include "support/training_pairs.hpp"

namespace premix::testing {

struct Sets {
  std::shared_ptr<const PairSource> source = training_source(7);
  Dataset train{source, {"0", "1", "2", "3"}, Protocol::reduced}, val{source, {"4", "5"}, Protocol::reduced};
  TrainingData data{train, val};
};

inline TrainingOptions small_training(int epochs = 5) {
  TrainingOptions options;
  options.network = {.bands = 3, .embed_dim = 2};
  options.epochs = epochs;
  options.batch_size = 3;
  options.test_freq = 2;
  options.num_workers = 1;
  options.info.max_val = 100;
  return options;
}

inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(std::filesystem::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Checks that two folders hold the same files with the same bytes, except manifest.json, which describes the machine.
inline void check_same_results(const std::filesystem::path& a, const std::filesystem::path& b) {
  CHECK(names_in(a) == names_in(b));
  for (const auto& name : names_in(a)) {
    INFO(name);
    const bool same = bytes_of(a / name) == bytes_of(b / name);  // outside CHECK, which would print the bytes
    CHECK((same || name == "manifest.json"));
  }
}

struct Cut : std::runtime_error {
  Cut() : std::runtime_error("cut") {}
};

}  // namespace premix::testing
