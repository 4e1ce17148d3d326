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

/// The element types that this library reads and writes.
enum class Dtype { f32, f64, u8, i64 };

/// A safetensors file, opened: the header is checked as a whole (length, JSON, offsets inside the file, no overlap, no gap, sizes that fit
/// the shapes), and numbers are read when asked for. Every Error names the file. Kind: data.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // __metadata__

  struct Entry {
    std::string name;
    Dtype dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
  };
  const std::vector<Entry>& entries() const { return entries_; }  // in the order of their data
  const Entry* find(std::string_view name) const;                 // nullptr when absent

  /// The numbers, row-major. f32 widens to double and f64 narrows to float; other types only as themselves (uint8_t, int64_t).
  template <class T>
  std::vector<T> read(const Entry& entry) const;
  template <class T>
  std::vector<T> read(std::string_view name) const;  // Error when absent

 private:
  std::filesystem::path path_;
  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
  std::uint64_t data_start_ = 0;
};

/// Collects tensors and writes them as one safetensors file, atomically, in the order they were added.
class SafetensorsWriter {
 public:
  void set_metadata(std::string key, std::string value);
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
