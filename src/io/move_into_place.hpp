#pragma once

#include <filesystem>

/// Parts of write_atomically(). path: name for messages.
namespace premix::io {

/// Returns the file to write for a path: follows symbolic links. Throws if anything but a regular file exists there: a
/// rename would replace a device.
std::filesystem::path resolve_target(const std::filesystem::path& path);

/// Flushes a file or folder to the disk. Throws a run-time Error on failure.
void flush_to_disk(const std::filesystem::path& file, const std::filesystem::path& path);

/// Flushes the files of a folder and moves them to the folder of the target. Moves the file with the target's name
/// last.
void move_into_place(const std::filesystem::path& folder, const std::filesystem::path& target,
                     const std::filesystem::path& path);

}  // namespace premix::io
