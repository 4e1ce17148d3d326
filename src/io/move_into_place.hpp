#pragma once

#include <filesystem>

/// The parts of write_atomically(). path is the name that messages use.
namespace premix::io {

/// What a path means as a file to be written: a link is followed. Throws where something else than a regular file is
/// there: renaming over a device or a folder would replace or lose it.
std::filesystem::path resolve_target(const std::filesystem::path& path);

/// Throws a run-time Error where the system can't.
void flush_to_disk(const std::filesystem::path& file, const std::filesystem::path& path);

/// Flushes the files of a folder beside the target and moves them there, the one of the target's name last.
void move_into_place(const std::filesystem::path& folder, const std::filesystem::path& target,
                     const std::filesystem::path& path);

}  // namespace premix::io
