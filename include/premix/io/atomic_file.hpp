#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

namespace premix {

/// How to treat an existing file.
enum class Existing { refuse, replace };

/// Throws a run-time Error if the file cannot be written: it exists and must not be replaced, is not a regular file, or
/// its folder is missing or read-only. Call it before a long computation.
void check_can_write(const std::filesystem::path& path, Existing existing);

/// Writes a file atomically: a crash leaves either the old file or the complete new one. Writes to a temporary folder
/// beside it, flushes to disk, then renames. Further files that write creates beside the temporary file (GDAL's
/// .aux.xml) are moved first. If write throws, everything is removed. Follows a symbolic link. Throws a run-time Error
/// that names the path: missing folder, not writable, not a regular file, nothing written.
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

/// Writes text or bytes through a stream, atomically.
void write_stream_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace premix
