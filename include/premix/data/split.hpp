#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace premix {

/// Which images train, which choose the best epoch, and which are kept for the test.
struct Split {
  std::vector<std::string> train, val, test;

  friend bool operator==(const Split&, const Split&) = default;
};

/// The published split of a listing: its first half, next fifth (both rounded down) and rest after a shuffle by
/// Python's `random` under the seed. The order of the names matters. The published code takes the one in which the file
/// system lists a folder, which differs between machines: whoever knows that order gets the authors' split here.
Split split_listing(const std::vector<std::string>& names, std::uint32_t seed = 42);

/// The split of the names sorted as byte strings ("10.mat" before "2.mat"): the same on every machine.
Split split_names(std::vector<std::string> names, std::uint32_t seed = 42);

/// Writes {"train": [...], "val": [...], "test": [...]} as JSON, atomically.
void save_split(const std::filesystem::path& path, const Split& split);

/// Reads such a file. Throws a data Error where it is not one, where a name stands in it twice, and where a name is not
/// among those of the data (sorted or not). Names of the data that the file leaves out take no part.
Split load_split(const std::filesystem::path& path, const std::vector<std::string>& names);

}  // namespace premix
