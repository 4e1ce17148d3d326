#pragma once

#include <filesystem>

namespace premix {

/// Whether the arrays that a .mat file of version 4 or 5 to 7 announces lie inside the file. matio reads a file that was cut short without
/// complaint and leaves the missing numbers undefined. True for other files: version 7.3 is HDF5, which sees it itself.
bool mat_file_is_whole(const std::filesystem::path& path);

}  // namespace premix
