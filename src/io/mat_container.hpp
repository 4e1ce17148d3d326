#pragma once

#include <filesystem>

namespace premix::io {

/// Returns whether a .mat file is not empty and, in versions 5 to 7, not truncated. matio reads truncated files of
/// these versions without an error and leaves the missing numbers undefined. It detects truncation of other versions.
bool mat_file_is_whole(const std::filesystem::path& path);

}  // namespace premix::io
