#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/raster_output.hpp"
#include "premix/io/band_range.hpp"

namespace premix::io {

/// How many of a band's values were valid, and how many of these were clipped.
struct Clipping {
  std::int64_t values = 0, clipped = 0;
};

/// Turns a network's values into counts as ProductWriter::write() says.
class CountEncoder {
 public:
  /// info.bands: of each range. A nodata value that the type lacks is taken for none. Throws a usage Error where a
  /// range and the type have no count in common.
  CountEncoder(const std::string& path, const RasterInfo& info, const DataType& type,
               const std::vector<BandRange>& ranges);

  /// values (pixels, B), valid (pixels) or null -> counts (pixels, B), exact in the data type.
  void operator()(const float* values, const std::uint8_t* valid, std::int64_t pixels, double* counts);

  std::vector<Clipping> clipping = {};  // of each band, so far

 private:
  struct Band {
    BandRange range;
    double lowest, highest;
    std::optional<double> nodata;
  };

  double encoded(float value, std::size_t band);
  double for_invalid(std::size_t band, const char* what) const;
  bool is_nodata(double count) const;
  double nearest_valid(double count, const Band& band) const;

  std::string path_, type_name_;
  DataType type_;
  std::vector<Band> bands_;
  std::vector<double> nodata_;  // of any band
};

/// Whether the type has the value.
bool holds(const DataType& type, double value);

}  // namespace premix::io
