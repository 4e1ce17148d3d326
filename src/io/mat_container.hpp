#pragma once

#include <filesystem>

namespace premix::io {

/// Whether a .mat file has contents and, in versions 5 to 7, holds all of the arrays that it announces. matio reads a
/// file of these that was cut short without complaint and leaves the missing numbers undefined; of other versions it
/// (or HDF5) complains itself.
bool mat_file_is_whole(const std::filesystem::path& path);

}  // namespace premix::io
