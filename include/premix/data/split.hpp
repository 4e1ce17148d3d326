#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace premix {

/// Names of the images for training, for validation and for the test.
struct Split {
  std::vector<std::string> train, val, test;

  friend bool operator==(const Split&, const Split&) = default;
};

/// Splits a listing as published: shuffles it by Python's `random` under the seed, then takes the first half, the next
/// fifth (both rounded down) and the rest. The order of the names matters. The published code uses the order of the
/// file system's listing, which differs between machines. With that order, this function gives the authors' split.
Split split_listing(const std::vector<std::string>& names, std::uint32_t seed = 42);

/// Splits the names sorted as byte strings ("10.mat" before "2.mat"): the same on every machine.
Split split_names(std::vector<std::string> names, std::uint32_t seed = 42);

/// Writes {"train": [...], "val": [...], "test": [...]} as JSON, atomically.
void save_split(const std::filesystem::path& path, const Split& split);

/// Reads a file of save_split. Throws a data Error for an invalid file, a repeated name, or a name without data. Names
/// missing from the file are not used.
Split load_split(const std::filesystem::path& path, const std::vector<std::string>& names);

}  // namespace premix
