#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "premix/infer/scene/scene.hpp"

namespace premix {

/// A band to be read.
struct CountSource {
  std::string path;
  int band = 1;
  std::optional<double> nodata = {};  // the count that is no data
  bool masked = true;                 // the file's masks and alpha band count
};

/// The bands of one image, open, read by windows. One thread at a time.
class CountReader {
 public:
  /// Throws a data Error where a file can't be opened or its numbers are complex.
  explicit CountReader(const std::vector<CountSource>& sources);
  CountReader(CountReader&&) noexcept;
  ~CountReader();

  /// Fills values (h, w, B), ranges[band].value(count), and valid (h, w), 1 where all bands are. Values that are not
  /// valid are 0. Throws a data Error that names file, band, rows and columns.
  void read(const Window& window, std::span<const BandRange> ranges, float* values, std::uint8_t* valid);

  /// Whether a pixel may be invalid, by what the files say of themselves; in floating point types one always may.
  bool may_be_invalid() const;

  /// Whether the band's integers may be wider than float holds.
  bool wide_integers(std::size_t band) const;

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace premix
