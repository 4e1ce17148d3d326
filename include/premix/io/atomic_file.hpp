#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

namespace premix {

/// What to do about a file that is there already.
enum class Existing { refuse, replace };

/// Throws a run-time Error where a file of that name could not be written: there and not to be replaced, not a regular
/// file, no such folder, folder not writable. For programs that compute long before they write.
void check_can_write(const std::filesystem::path& path, Existing existing);

/// Writes a file so that a crash at any point leaves either the old file or the whole new one: under its own name in a
/// temporary folder beside it, flushed to the disk, then renamed. Other files that write leaves next to the temporary
/// one (GDAL's .aux.xml) move along, before it. Where write throws, all of it is removed. A symbolic link is followed.
/// Throws a run-time Error that names the path: no such folder, not writable, not a regular file, nothing written.
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same for text and bytes written through a stream.
void write_stream_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace premix
