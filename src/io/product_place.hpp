#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/io/atomic_file.hpp"

namespace premix::io {

/// Where a product grows before it gets its name: in OUT.partial beside it; for GDAL's places beyond /vsimem, which
/// know neither renaming nor writing in any order, in the system's temporary folder.
class ProductPlace {
 public:
  /// Throws a run-time Error where the product could not be written under its name.
  ProductPlace(const std::string& path, Existing existing);
  ProductPlace(const ProductPlace&) = delete;
  ProductPlace& operator=(const ProductPlace&) = delete;
  ~ProductPlace();

  /// Makes the folder, or takes the one that is there; nobody else may be writing in it. Throws a run-time Error.
  void open();
  /// Removes what an earlier run or an attempt left in the folder, and the journal.
  void clear();
  /// Removes the folder and the journal.
  void remove() noexcept;
  /// Lets others write in the folder.
  void unlock() noexcept;
  /// All files of the folder are on the disk after it. Throws a run-time Error.
  void flush() const;
  /// Gives the files of the folder their names beside the product, itself last, and removes the folder and the journal;
  /// returns their bytes.
  std::int64_t publish();

  bool keeps_journal() const { return kind_ == Kind::local; }
  bool is_file(const std::string& file) const;

  std::string folder() const { return folder_; }
  std::string file() const { return folder_ + '/' + name_; }                 // the product
  std::string scratch() const { return folder_ + '/' + name_ + ".pieces"; }  // a GTiff to be copied into the product
  std::string journal() const { return folder_ + ".json"; }
  std::string next_journal() const { return folder_ + '/' + name_ + ".json"; }

  /// Free bytes where the folder lies, less than 0 where that is unknown, and those that it takes there.
  std::int64_t free_bytes() const;
  std::int64_t used_bytes() const;

 private:
  enum class Kind { local, memory, elsewhere };

  std::vector<std::string> own_files() const;
  void publish_by_gdal(const std::string& parent);

  std::string path_, target_, name_, folder_;
  Kind kind_ = Kind::local;
  int lock_ = -1;
};

}  // namespace premix::io
