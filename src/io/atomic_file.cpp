#include "premix/io/atomic_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "io/move_into_place.hpp"
#include "premix/core/error.hpp"

namespace premix {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_at(const fs::path& path, const char* what, int error) {
  fail(ErrorKind::runtime, path.string(), ": ", what, ": ", std::strerror(error));
}

fs::path parent_of(const fs::path& target) { return target.has_parent_path() ? target.parent_path() : fs::path("."); }

void check_folder(const fs::path& target) {
  std::error_code ignored;
  const fs::path parent = parent_of(target);
  PREMIX_CHECK(fs::is_directory(parent, ignored), target.string(), ": no folder ", parent.string(),
               ". Create it first.");
}

// Temporary folder beside the target. It is on the same file system, so a rename to the target is atomic. It is new, so
// its names cannot collide.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& target) {
    check_folder(target);
    std::string name = (parent_of(target) / ".premix-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail_at(target, "cannot write into its folder", errno);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void flush_and_move(const fs::path& from, const fs::path& to, const fs::path& target) {
  io::flush_to_disk(from, target);
  if (::rename(from.c_str(), to.c_str()) != 0) fail_at(target, "cannot rename the finished file", errno);
}

}  // namespace

fs::path io::resolve_target(const fs::path& path) {
  PREMIX_CHECK(path.has_filename(), path.string(), ": not a file name");
  std::error_code error;
  const fs::path target = fs::is_symlink(path, error) ? fs::weakly_canonical(path, error) : path;
  const fs::file_status status = fs::status(target, error);
  PREMIX_CHECK(!fs::exists(status) || fs::is_regular_file(status), path.string(),
               ": exists, but is not a regular file. Choose another name.");
  return target;
}

void io::flush_to_disk(const fs::path& path, const fs::path& target) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail_at(target, "cannot reopen the written file", errno);
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  // Some network file systems cannot flush folders and return EINVAL.
  if (error != 0 && error != EINVAL) fail_at(target, "cannot flush to the disk", error);
}

void io::move_into_place(const fs::path& folder, const fs::path& target, const fs::path& path) {
  const fs::path main = folder / target.filename();
  std::error_code error;
  PREMIX_CHECK(fs::is_regular_file(main, error), path.string(), ": nothing was written");
  std::vector<fs::path> companions;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path() != main) companions.push_back(entry.path());
  const fs::path parent = parent_of(target);
  for (const fs::path& companion : companions) flush_and_move(companion, parent / companion.filename(), path);
  flush_and_move(main, target, path);
  io::flush_to_disk(parent, path);
}

void check_can_write(const fs::path& path, Existing existing) {
  const fs::path target = io::resolve_target(path);
  std::error_code ignored;
  PREMIX_CHECK(existing == Existing::replace || !fs::exists(target, ignored), path.string(),
               ": exists already. Choose another name, or set ", Option("existing", "replace"), '.');
  check_folder(target);
  if (::access(parent_of(target).c_str(), W_OK | X_OK) != 0) fail_at(path, "cannot write into its folder", errno);
}

void write_atomically(const fs::path& path, const std::function<void(const fs::path& temporary)>& write) {
  const fs::path target = io::resolve_target(path);
  const TemporaryFolder folder(target);
  const fs::path temporary = folder.path() / target.filename();
  write(temporary);
  io::move_into_place(folder.path(), target, path);
}

void write_stream_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  write_atomically(path, [&](const fs::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    if (!out) fail_at(path, "cannot open for writing", errno);
    write(out);
    out.close();
    if (!out) fail_at(path, "cannot write (disk full?)", errno);
  });
}

}  // namespace premix
