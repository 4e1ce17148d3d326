#include "io/count_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "premix/core/error.hpp"

namespace premix::io {
namespace {

// Readers may use float, so values closer than float precision are equal for any data type.
constexpr double epsilon = std::numeric_limits<float>::epsilon(), smallest = std::numeric_limits<float>::min();

double stored(const DataType& type, double count) {
  if (type.whole) return std::round(count);
  return type.type == GDT_Float32 ? static_cast<double>(static_cast<float>(count)) : count;
}

}  // namespace

bool holds(const DataType& type, double value) {
  if (!type.whole) return true;
  return value == std::round(value) && value >= type.lowest && value <= type.highest;
}

CountEncoder::CountEncoder(const std::string& path, const RasterInfo& info, const DataType& type,
                           const std::vector<BandRange>& ranges)
    : clipping(ranges.size()), path_(path), type_name_(info.data_type), type_(type) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    Band band = {ranges[i], std::max(ranges[i].lowest, type.lowest), std::min(ranges[i].highest, type.highest),
                 info.bands[i].nodata};
    if (type.whole) {
      band.lowest = std::ceil(band.lowest);
      band.highest = std::floor(band.highest);
    }
    if (!(band.lowest <= band.highest))
      fail(ErrorKind::usage, path, ": band ", i + 1, " has counts from ", ranges[i].lowest, " to ", ranges[i].highest,
           ", all outside ", info.data_type, ". Set another ", Option("data_type"), '.');
    band.nodata = band.nodata && holds(type, *band.nodata) ? std::optional(stored(type, *band.nodata)) : std::nullopt;
    if (band.nodata && std::find(nodata_.begin(), nodata_.end(), *band.nodata) == nodata_.end())
      nodata_.push_back(*band.nodata);
    bands_.push_back(band);
  }
}

void CountEncoder::operator()(const float* values, const std::uint8_t* valid, std::int64_t pixels, double* counts) {
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
    for (std::size_t band = 0; band < bands_.size(); ++band, ++values)
      *counts++ = valid == nullptr || valid[pixel] != 0 ? encoded(*values, band) : for_invalid(band, "invalid");
}

double CountEncoder::encoded(float value, std::size_t index) {
  if (std::isnan(value)) return for_invalid(index, "not a number");
  const Band& band = bands_[index];
  const double exact = stored(type_, band.range.count(value)), count = std::clamp(exact, band.lowest, band.highest);
  ++clipping[index].values;
  clipping[index].clipped += exact != count ? 1 : 0;
  return is_nodata(count) ? nearest_valid(count, band) : count;
}

double CountEncoder::for_invalid(std::size_t band, const char* what) const {
  if (bands_[band].nodata) return *bands_[band].nodata;
  if (type_.whole)
    fail(ErrorKind::data, path_, ": a pixel of band ", band + 1, " is ", what, ", which ", type_name_,
         " cannot hold without a nodata value. Set ", Option("nodata", 0), ", or ", Option("data_type", "Float32"),
         '.');
  return std::numeric_limits<double>::quiet_NaN();
}

// Compares with the nodata values of all bands: some formats store one value for all. GDAL treats floating-point values
// within a few roundings of nodata as nodata.
bool CountEncoder::is_nodata(double count) const {
  const double near = type_.whole ? 0 : 8 * epsilon;
  return std::any_of(nodata_.begin(), nodata_.end(), [&](double nodata) {
    return count == nodata || std::abs(count - nodata) <= near * std::abs(nodata);
  });
}

double CountEncoder::nearest_valid(double count, const Band& band) const {
  const double step = type_.whole ? 1 : std::max(32 * epsilon * std::abs(count), smallest);
  for (std::size_t steps = 1; steps <= 2 * nodata_.size(); ++steps)
    for (const double sign : {1.0, -1.0}) {
      const double other = stored(type_, count + sign * static_cast<double>(steps) * step);
      if (other >= band.lowest && other <= band.highest && !is_nodata(other)) return other;
    }
  return count;
}

}  // namespace premix::io
