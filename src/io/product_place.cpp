#include "io/product_place.hpp"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "io/gdal.hpp"
#include "io/move_into_place.hpp"
#include "io/raster_output.hpp"
#include "premix/core/error.hpp"

namespace premix::io {
namespace {

namespace fs = std::filesystem;

bool exists(const std::string& path) {
  VSIStatBufL status;
  return VSIStatExL(path.c_str(), &status, VSI_STAT_EXISTS_FLAG) == 0;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  const CPLStringList list(VSIReadDir(folder.c_str()));
  for (int i = 0; i < list.size(); ++i)
    if (std::strcmp(list[i], ".") != 0 && std::strcmp(list[i], "..") != 0) names.emplace_back(list[i]);
  return names;
}

bool is_folder(const std::string& path) {
  VSIStatBufL status;
  return VSIStatL(path.c_str(), &status) == 0 && VSI_ISDIR(status.st_mode);
}

bool remove_file_or_folder(const std::string& path) {
  return (is_folder(path) ? VSIRmdirRecursive(path.c_str()) : VSIUnlink(path.c_str())) == 0;
}

std::string temporary_folder(const std::string& path) {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "premix-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    fail(ErrorKind::runtime, path, ": cannot create a folder ", name, ": ", std::strerror(errno));
  return name;
}

}  // namespace

ProductPlace::ProductPlace(const std::string& path, Existing existing) : path_(path) {
  kind_ = !path.starts_with("/vsi") ? Kind::local : path.starts_with("/vsimem/") ? Kind::memory : Kind::elsewhere;
  if (kind_ == Kind::local) {
    check_can_write(path, existing);
    target_ = resolve_target(path).string();
  } else {
    const GdalErrors quiet;
    if (existing == Existing::refuse && exists(path))
      fail(ErrorKind::runtime, path, ": exists already. Choose another name, or set ", Option("existing", "replace"),
           '.');
    target_ = path;
  }
  name_ = target_.substr(target_.rfind('/') + 1);
  if (name_.empty()) fail(ErrorKind::runtime, path, ": not a file name");
  if (kind_ != Kind::elsewhere) folder_ = target_ + ".partial";
}

ProductPlace::~ProductPlace() {
  if (kind_ != Kind::local) remove();
  unlock();
}

void ProductPlace::unlock() noexcept {
  if (lock_ >= 0) ::close(lock_);
  lock_ = -1;
}

void ProductPlace::open() {
  if (kind_ == Kind::elsewhere) folder_ = temporary_folder(path_);
  if (kind_ == Kind::memory) VSIMkdir(folder_.c_str(), 0755);
  if (kind_ != Kind::local) return;
  if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST)
    fail(ErrorKind::runtime, path_, ": cannot create the folder ", folder_, ": ", std::strerror(errno));
  lock_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0)
    fail(ErrorKind::runtime, path_, ": cannot use ", folder_, " for the unfinished product: ", std::strerror(errno));
  // Some network file systems cannot lock folders. Concurrent runs are not detected there.
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    unlock();
    fail(ErrorKind::runtime, path_, ": another process is writing it in ", folder_,
         ". Wait for it, or choose another name.");
  }
}

// Only files with the product's stem: the folder may belong to the user.
std::vector<std::string> ProductPlace::own_files() const {
  const std::string stem = name_.substr(0, name_.rfind('.'));
  std::vector<std::string> names = files_in(folder_);
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(stem); });
  return names;
}

void ProductPlace::clear() {
  for (const std::string& name : own_files())
    if (!remove_file_or_folder(folder_ + '/' + name))
      fail(ErrorKind::runtime, path_, ": cannot remove ", folder_, '/', name,
           " of an earlier run: ", std::strerror(errno));
  if (kind_ == Kind::local) VSIUnlink(journal().c_str());
}

void ProductPlace::remove() noexcept {
  if (folder_.empty() || (kind_ == Kind::local && lock_ < 0)) return;
  for (const std::string& name : own_files()) remove_file_or_folder(folder_ + '/' + name);
  VSIRmdir(folder_.c_str());
  if (kind_ == Kind::local) VSIUnlink(journal().c_str());
}

void ProductPlace::flush() const {
  if (kind_ != Kind::local) return;
  for (const std::string& name : own_files()) flush_to_disk(folder_ + '/' + name, path_);
  flush_to_disk(folder_, path_);
}

std::int64_t ProductPlace::publish() {
  std::int64_t bytes = 0;
  for (const std::string& name : files_in(folder_)) {
    VSIStatBufL status;
    if (VSIStatL((folder_ + '/' + name).c_str(), &status) == 0) bytes += static_cast<std::int64_t>(status.st_size);
  }
  for (const char* suffix : companion_suffixes)
    if (exists(target_ + suffix)) VSIUnlink((target_ + suffix).c_str());
  if (kind_ == Kind::local)
    move_into_place(folder_, target_, path_);
  else
    publish_by_gdal(parent_of(target_));
  remove();
  return bytes;
}

void ProductPlace::publish_by_gdal(const std::string& parent) {
  std::vector<std::string> names = files_in(folder_);
  std::erase(names, name_);
  names.push_back(name_);
  for (const std::string& name : names) {
    const std::string from = folder_ + '/' + name, to = parent + '/' + name;
    const GdalErrors errors;
    const bool moved =
        kind_ == Kind::memory ? VSIRename(from.c_str(), to.c_str()) == 0 : CPLCopyFile(to.c_str(), from.c_str()) == 0;
    if (!moved || errors.failed()) fail(ErrorKind::runtime, path_, ": cannot write ", to, ": ", errors.message());
  }
}

bool ProductPlace::is_file(const std::string& file) const { return exists(file) && !is_folder(file); }

std::int64_t ProductPlace::free_bytes() const {
  return static_cast<std::int64_t>(VSIGetDiskFreeSpace(parent_of(folder_).c_str()));
}

std::int64_t ProductPlace::used_bytes() const {
  constexpr std::int64_t block = 512;  // unit of st_blocks on any file system
  std::int64_t bytes = 0;
  for (const std::string& name : files_in(folder_)) {
    struct stat status = {};
    if (kind_ != Kind::memory && ::stat((folder_ + '/' + name).c_str(), &status) == 0)
      bytes += block * status.st_blocks;
  }
  return bytes;
}

}  // namespace premix::io
