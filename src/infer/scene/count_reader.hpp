#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "premix/infer/scene/scene.hpp"

namespace premix::infer {

/// A band to read.
struct CountSource {
  std::string path;
  int band = 1;
  std::optional<double> nodata = {};  // nodata count
  bool masked = true;                 // apply masks and alpha band of the file
};

/// Reads windows of the bands of one image. One thread at a time.
class CountReader {
 public:
  /// Opens the files. Throws a data Error if a file can't be opened or has complex numbers.
  explicit CountReader(const std::vector<CountSource>& sources);
  CountReader(CountReader&&) noexcept;
  ~CountReader();

  /// Fills values (h, w, B) with ranges[band].value(count), and valid (h, w): 1 if all bands are valid. Invalid values
  /// are 0. Throws a data Error that names file, band, rows and columns.
  void read(const Window& window, std::span<const BandRange> ranges, float* values, std::uint8_t* valid);

  /// Whether pixels may be invalid, according to the files' headers; always true for floating point types.
  bool may_be_invalid() const;

  /// Whether the band's integers may exceed the exact range of float.
  bool wide_integers(std::size_t band) const;

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace premix::infer
