#include "infer/scene/count_reader.hpp"

#include "premix/core/error.hpp"

#if PREMIX_GDAL

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "io/gdal.hpp"

namespace premix::infer {
namespace {

using namespace io;

bool integers(GDALDataType type) { return GDALDataTypeIsInteger(type) != 0; }

Dataset open_file(const std::string& path) {
  register_gdal_drivers();
  const GdalErrors errors;
  Dataset dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (!dataset) fail(ErrorKind::data, path, ": not a readable raster: ", errors.message());
  return dataset;
}

// Nodata value as stored in the band's type; empty if the type can't hold it.
std::optional<double> held(std::optional<double> nodata, GDALDataType type) {
  if (!nodata || std::isnan(*nodata)) return std::nullopt;  // non-finite pixels are always invalid
  if (!integers(type)) {
    const bool narrow =
        type == GDT_Float32 && std::abs(*nodata) <= static_cast<double>(std::numeric_limits<float>::max());
    return narrow ? static_cast<double>(static_cast<float>(*nodata)) : *nodata;
  }
  int clamped = 0, rounded = 0;
  const double adjusted = GDALAdjustValueToDataType(type, *nodata, &clamped, &rounded);
  return clamped != 0 || rounded != 0 ? std::nullopt : std::optional(adjusted);
}

GDALRasterBand* alpha_of(GDALDataset& dataset) {
  for (GDALRasterBand* band : dataset.GetBands())
    if (band->GetColorInterpretation() == GCI_AlphaBand) return band;
  return nullptr;
}

// CountReader handles nodata and alpha itself: GDAL's masks know alpha only in images of two or four bands.
GDALRasterBand* mask_of(GDALRasterBand& band) {
  const int flags = band.GetMaskFlags();
  const bool other = (flags & (GMF_ALL_VALID | GMF_ALPHA)) != 0 || flags == GMF_NODATA;
  return other ? nullptr : band.GetMaskBand();
}

}  // namespace

struct CountReader::Files {
  struct Band {
    std::string path;
    int number;
    GDALRasterBand* band;
    std::optional<double> nodata;
  };
  struct Mask {
    std::string path;
    GDALRasterBand* band;
  };

  std::map<std::string, Dataset> datasets;
  std::vector<Band> bands;
  std::vector<Mask> masks;     // 0: no band is valid
  std::vector<double> counts;  // of one band in some rows; double: exact for any type

  void add(const CountSource& source);
  void add_mask(const std::string& path, GDALRasterBand* band);
  std::int64_t rows_at_once(std::int64_t window_width) const;
  void fill(GDALRasterBand& band, const std::string& name, const Window& rows);
  void read_rows(const Window& rows, std::span<const BandRange> ranges, float* values, std::uint8_t* valid);
};

void CountReader::Files::add(const CountSource& source) {
  Dataset& dataset = datasets[source.path];
  if (!dataset) dataset = open_file(source.path);
  GDALRasterBand* band = dataset->GetRasterBand(source.band);
  if (band == nullptr) fail(ErrorKind::data, source.path, ": no band ", source.band);
  const GDALDataType type = band->GetRasterDataType();
  if (GDALDataTypeIsComplex(type) != 0)
    fail(ErrorKind::data, source.path, ": band ", source.band, " is complex. Compute its amplitude first.");
  bands.push_back({source.path, source.band, band, held(source.nodata, type)});
  if (!source.masked) return;
  add_mask(source.path, mask_of(*band));
  GDALRasterBand* alpha = alpha_of(*dataset);
  if (alpha != band) add_mask(source.path, alpha);
}

void CountReader::Files::add_mask(const std::string& path, GDALRasterBand* band) {
  const auto same = [&](const Mask& mask) { return mask.band == band; };
  if (band != nullptr && std::none_of(masks.begin(), masks.end(), same)) masks.push_back({path, band});
}

// Whole rows of file blocks, so that each is decoded once; but few, to save memory in wide windows.
std::int64_t CountReader::Files::rows_at_once(std::int64_t window_width) const {
  constexpr std::int64_t usual = 64, most_counts = 1 << 20;
  int block_width = 0, block_height = 1;
  bands.front().band->GetBlockSize(&block_width, &block_height);
  const std::int64_t rows = std::max<std::int64_t>(usual / block_height, 1) * block_height;
  return std::clamp<std::int64_t>(most_counts / window_width, 1, rows);
}

void CountReader::Files::fill(GDALRasterBand& band, const std::string& name, const Window& rows) {
  const int left = static_cast<int>(rows.left), top = static_cast<int>(rows.top);
  const int width = static_cast<int>(rows.width), height = static_cast<int>(rows.height);
  const GdalErrors errors;
  counts.resize(static_cast<std::size_t>(rows.width * rows.height));
  if (band.RasterIO(GF_Read, left, top, width, height, counts.data(), width, height, GDT_Float64, 0, 0, nullptr) !=
      CE_None)
    fail(ErrorKind::data, name, ": cannot read rows ", top, " to ", top + height - 1, ", columns ", left, " to ",
         left + width - 1, ": ", errors.message());
}

void CountReader::Files::read_rows(const Window& rows, std::span<const BandRange> ranges, float* values,
                                   std::uint8_t* valid) {
  const std::size_t pixels = static_cast<std::size_t>(rows.height * rows.width), channels = bands.size();
  std::fill_n(valid, pixels, std::uint8_t{1});
  for (const Mask& mask : masks) {
    fill(*mask.band, mask.path + ": mask", rows);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) valid[pixel] &= static_cast<std::uint8_t>(counts[pixel] != 0);
  }
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const Band& band = bands[channel];
    fill(*band.band, concat(band.path, ": band ", band.number), rows);
    const double nodata = band.nodata.value_or(std::numeric_limits<double>::quiet_NaN());
    float* to = values + channel;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel, to += channels) {
      const double count = counts[pixel];
      *to = static_cast<float>(ranges[channel].value(count));
      valid[pixel] &= static_cast<std::uint8_t>(std::isfinite(*to) && count != nodata);
    }
  }
  for (std::size_t pixel = 0; pixel < pixels; ++pixel)
    if (valid[pixel] == 0) std::fill_n(values + pixel * channels, channels, 0.0f);
}

CountReader::CountReader(const std::vector<CountSource>& sources) : files_(std::make_unique<Files>()) {
  const GdalErrors quiet;
  for (const CountSource& source : sources) files_->add(source);
}

void CountReader::read(const Window& window, std::span<const BandRange> ranges, float* values, std::uint8_t* valid) {
  const std::int64_t step = files_->rows_at_once(window.width), end = window.top + window.height;
  const auto channels = static_cast<std::int64_t>(files_->bands.size());
  for (std::int64_t top = window.top; top < end;) {
    const std::int64_t next = std::min((top / step + 1) * step, end), before = (top - window.top) * window.width;
    files_->read_rows({top, window.left, next - top, window.width}, ranges, values + before * channels, valid + before);
    top = next;
  }
}

bool CountReader::may_be_invalid() const {
  const auto may = [](const Files::Band& band) { return band.nodata || !integers(band.band->GetRasterDataType()); };
  return !files_->masks.empty() || std::any_of(files_->bands.begin(), files_->bands.end(), may);
}

bool CountReader::wide_integers(std::size_t band) const {
  const GDALDataType type = files_->bands[band].band->GetRasterDataType();
  return integers(type) && GDALGetDataTypeSizeBytes(type) >= 4;
}

CountReader::CountReader(CountReader&&) noexcept = default;
CountReader::~CountReader() = default;

}  // namespace premix::infer

#else

namespace premix::infer {

struct CountReader::Files {};

CountReader::CountReader(const std::vector<CountSource>& sources) {
  fail(ErrorKind::runtime, sources.front().path,
       ": this premix was built without GDAL and cannot read rasters. Build it with PREMIX_GDAL=ON.");
}
void CountReader::read(const Window&, std::span<const BandRange>, float*, std::uint8_t*) {}
bool CountReader::may_be_invalid() const { return false; }
bool CountReader::wide_integers(std::size_t) const { return false; }
CountReader::CountReader(CountReader&&) noexcept = default;
CountReader::~CountReader() = default;

}  // namespace premix::infer

#endif
