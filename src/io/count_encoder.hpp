#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/raster_output.hpp"
#include "premix/io/band_range.hpp"

namespace premix::io {

/// Number of valid values of a band, and number of clipped ones among them.
struct Clipping {
  std::int64_t values = 0, clipped = 0;
};

/// Converts values of about [0, 1] to counts, as described at ProductWriter::write().
class CountEncoder {
 public:
  /// info.bands: one for each range. Ignores nodata values outside the data type. Throws a usage Error if a range and
  /// the data type have no count in common.
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

/// Returns whether the data type can represent the value.
bool holds(const DataType& type, double value);

}  // namespace premix::io
