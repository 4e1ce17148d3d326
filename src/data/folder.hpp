#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace premix::data {

/// Returns the names of the files in a folder, without hidden ones (leading '.'), sorted as byte strings. Throws a data
/// Error if the folder cannot be listed.
std::vector<std::string> visible_files(const std::filesystem::path& folder);

/// Converts ASCII letters to lower case; other bytes are unchanged.
std::string lower_case(std::string text);

}  // namespace premix::data
