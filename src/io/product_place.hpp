#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/io/atomic_file.hpp"

namespace premix::io {

/// Folder of an unfinished product: OUT.partial beside the product. GDAL's virtual file systems except /vsimem support
/// neither renaming nor random writes, so their products are made in the system's temporary folder.
class ProductPlace {
 public:
  /// Throws a run-time Error if the product cannot be written to path.
  ProductPlace(const std::string& path, Existing existing);
  ProductPlace(const ProductPlace&) = delete;
  ProductPlace& operator=(const ProductPlace&) = delete;
  ~ProductPlace();

  /// Creates or reuses the folder, and locks it. Throws a run-time Error on failure, or if another process has the
  /// lock.
  void open();
  /// Removes the files of an earlier run or attempt from the folder, and the journal.
  void clear();
  /// Removes the folder and the journal.
  void remove() noexcept;
  /// Releases the lock of the folder.
  void unlock() noexcept;
  /// Flushes all files of the folder to the disk. Throws a run-time Error on failure.
  void flush() const;
  /// Moves the files to the product's folder, the product last, and removes the temporary folder and the journal.
  /// Returns the bytes of the files.
  std::int64_t publish();

  bool keeps_journal() const { return kind_ == Kind::local; }
  bool is_file(const std::string& file) const;

  std::string folder() const { return folder_; }
  std::string file() const { return folder_ + '/' + name_; }                 // the product
  std::string scratch() const { return folder_ + '/' + name_ + ".pieces"; }  // a GTiff, copied to the product
  std::string journal() const { return folder_ + ".json"; }
  std::string next_journal() const { return folder_ + '/' + name_ + ".json"; }

  std::int64_t free_bytes() const;  // on the disk of the folder; negative if unknown
  std::int64_t used_bytes() const;  // by the files of the folder, on the disk

 private:
  enum class Kind { local, memory, elsewhere };

  std::vector<std::string> own_files() const;
  void publish_by_gdal(const std::string& parent);

  std::string path_, target_, name_, folder_;
  Kind kind_ = Kind::local;
  int lock_ = -1;
};

}  // namespace premix::io
