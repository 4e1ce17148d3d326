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

/// The element types that this library reads and writes. A file may hold others (F16, BF16, ...): it opens, but they
/// can't be read.
enum class Dtype { f32, f64, u8, i64, other };

/// A safetensors file, opened: the header is checked as a whole (length, JSON, no name twice, offsets inside the file,
/// no overlap, no gap, sizes that fit the shapes), and numbers are read when asked for. The file stays open, so a file
/// renamed over it later changes nothing; copies share it, and several threads may read. Every Error names the file.
/// Kind: data.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // __metadata__

  struct Entry {
    std::string name;
    Dtype dtype;
    std::string dtype_name;  // as the file spells it
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
  };
  const std::vector<Entry>& entries() const { return entries_; }  // in the order of their data
  const Entry* find(std::string_view name) const;                 // nullptr when absent

  /// The numbers, row-major. T is float, double, uint8_t or int64_t: f32 widens to double and f64 narrows to float, u8
  /// and i64 are read only as themselves.
  template <class T>
  std::vector<T> read(const Entry& entry) const;
  template <class T>
  std::vector<T> read(std::string_view name) const;  // Error when absent

 private:
  class File;

  std::filesystem::path path_;
  std::shared_ptr<const File> file_;
  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
  std::uint64_t data_start_ = 0;  // bytes from the start of the file
};

/// Collects tensors and writes them as one safetensors file, atomically, in the order they were added. T as in
/// SafetensorsReader::read.
class SafetensorsWriter {
 public:
  void set_metadata(std::string key, std::string value);
  /// values: row-major, as many as the shape has elements. Throws a run-time Error otherwise, and where the name was
  /// added before.
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
