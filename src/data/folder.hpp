#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace premix::data {

/// The names of the files in a folder, hidden ones (with a leading '.') left out, sorted as byte strings. Throws a data
/// Error.
std::vector<std::string> visible_files(const std::filesystem::path& folder);

/// Lower case for ASCII letters, others as they are.
std::string lower_case(std::string text);

}  // namespace premix::data
