#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

namespace premix {

/// Writes a file so that a crash at any point leaves either the old file or the whole new one: a temporary name in the same folder, flushed
/// to the disk, then renamed. write gets a path to write to; what it left is removed where it throws. Throws a run-time Error that names the path.
void write_atomically(const std::filesystem::path& path, const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for text and bytes written through a stream.
void write_stream_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace premix
