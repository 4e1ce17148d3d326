#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "premix/core/scalar.hpp"

namespace premix {

/// Element types that premix reads and writes. A file may contain others (BF16, I8, ...), but they cannot be read.
enum class Dtype { f32, f64, f16, u8, i64, other };

/// An open safetensors file. The whole header is checked: length, JSON, unique names, offsets inside the file, no
/// overlap, no gap, sizes that match the shapes. Tensors are read on request. The file stays open, so replacing it by a
/// rename has no effect. Copies share the file, and several threads may read. Errors name the file; their kind is data.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // __metadata__

  struct Entry {
    std::string name;
    Dtype dtype;
    std::string dtype_name;  // as in the file
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0, end = 0;  // bytes from the end of the header
  };
  const std::vector<Entry>& entries() const { return entries_; }  // in order of their data
  const Entry* find(std::string_view name) const;                 // nullptr if absent

  /// Reads a tensor, row-major. T is float, double, half_t, uint8_t or int64_t. f16 and f32 widen to float and double,
  /// f64 narrows to float. half_t, u8 and i64 must match.
  template <class T>
  std::vector<T> read(const Entry& entry) const;
  template <class T>
  std::vector<T> read(std::string_view name) const;  // throws if absent

 private:
  class File;

  std::filesystem::path path_;
  std::shared_ptr<const File> file_;
  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
  std::uint64_t data_start_ = 0;  // bytes from the start of the file
};

/// Collects tensors and writes them to one safetensors file, atomically, in the order of add(). T as in
/// SafetensorsReader::read.
class SafetensorsWriter {
 public:
  void set_metadata(std::string key, std::string value);
  /// values: row-major, one per element of the shape. Throws a run-time Error otherwise, and for a repeated name.
  template <class T>
  void add(std::string name, std::vector<std::int64_t> shape, std::span<const T> values);
  void write(const std::filesystem::path& path) const;

 private:
  struct Entry {
    std::string name;
    Dtype dtype;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;
  };
  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
};

}  // namespace premix
