#include "io/product_raster.hpp"

#include <algorithm>
#include <cerrno>
#include <iomanip>
#include <sstream>

#include "io/fail_to_write.hpp"
#include "premix/core/error.hpp"

namespace premix::io {
namespace {

std::string gigabytes(std::int64_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << static_cast<double>(bytes) / 1e9 << " GB";
  return text.str();
}

}  // namespace

ProductRaster::ProductRaster(const std::string& path, const RasterInfo& info, const ProductOptions& options,
                             const ProductPlace& place)
    : path_(path), info_(info), options_(options), place_(place), format_(choose_format(path, info, options)) {}

std::int64_t ProductRaster::raw_bytes() const {
  const auto bands = static_cast<std::int64_t>(info_.bands.size());
  return info_.width * info_.height * bands * GDALGetDataTypeSizeBytes(format_.type.type);
}

void ProductRaster::check_space() const {
  const std::int64_t free = place_.free_bytes();
  if (free < 0 || (format_.direct && format_.compressed)) return;
  const bool with_overviews = format_.direct && options_.overviews != Overviews::none;
  const std::int64_t needed = raw_bytes() + (with_overviews ? raw_bytes() / 3 : 0) - place_.used_bytes();
  if (needed <= free) return;
  fail(ErrorKind::runtime, path_, ": needs ", gigabytes(needed), format_.direct ? "" : " for scratch", " in ",
       place_.folder(), ", where ", gigabytes(free), " are free. Make room there, fuse a smaller part, or ",
       format_.direct ? message("set ", Option("creation_options", "COMPRESS=ZSTD")) : message("choose another disk"),
       '.');
}

void ProductRaster::try_format() const {
  if (format_.direct) return;
  constexpr std::int64_t most = 256;
  const GdalErrors errors;
  const Dataset small(GetGDALDriverManager()->GetDriverByName("MEM")->Create(
      "", static_cast<int>(std::min(most, info_.width)), static_cast<int>(std::min(most, info_.height)),
      static_cast<int>(info_.bands.size()), format_.type.type, nullptr));
  if (small == nullptr) fail(ErrorKind::runtime, path_, ": cannot write: ", errors.message());
  describe(*small, info_);
  Dataset copy(format_.driver.CreateCopy(place_.file().c_str(), small.get(), /*bStrict=*/true, format_.options.List(),
                                         nullptr, nullptr));
  const bool made = copy != nullptr;
  copy.reset();
  if (!made || errors.failed()) fail(ErrorKind::runtime, path_, ": cannot write: ", errors.message());
  if (!place_.is_file(place_.file()))
    fail(ErrorKind::usage, path_, ": ", format_.driver.GetDescription(),
         " creates no file of this name. Set another format, such as ", Option("driver", "GTiff"), '.');
}

// Creates a sparse file and reopens it. Closing a non-sparse file would write all missing blocks.
void ProductRaster::create() {
  CPLStringList options = format_.pixel_options();
  options.SetNameValue("SPARSE_OK", "TRUE");
  errno = 0;
  const GdalErrors errors;
  dataset_.reset(GetGDALDriverManager()->GetDriverByName("GTiff")->Create(
      pixels_file().c_str(), static_cast<int>(info_.width), static_cast<int>(info_.height),
      static_cast<int>(info_.bands.size()), format_.type.type, options.List()));
  if (dataset_) describe(*dataset_, info_);
  if (!dataset_ || errors.failed()) fail_to_write(path_, place_, "write", errors);
  close();
  reopen();
}

void ProductRaster::reopen() {
  CPLStringList options;
  if (const char* threads = format_.options.FetchNameValue("NUM_THREADS"); format_.direct && threads != nullptr)
    options.SetNameValue("NUM_THREADS", threads);
  const char* const drivers[] = {"GTiff", nullptr};
  errno = 0;
  const GdalErrors errors;
  dataset_.reset(GDALDataset::Open(pixels_file().c_str(), GDAL_OF_RASTER | GDAL_OF_UPDATE | GDAL_OF_VERBOSE_ERROR,
                                   drivers, options.List()));
  if (!dataset_ || errors.failed()) fail_to_write(path_, place_, "go on with the unfinished raster", errors);
  if (dataset_->GetRasterXSize() != info_.width || dataset_->GetRasterYSize() != info_.height ||
      dataset_->GetRasterCount() != static_cast<int>(info_.bands.size()))
    fail(ErrorKind::data, path_, ": the unfinished raster in ", place_.folder(), " is damaged. Delete it.");
}

void ProductRaster::write(const Window& window, const double* counts) {
  const GSpacing value = sizeof(double), bands = dataset_->GetRasterCount();
  const int width = static_cast<int>(window.width), height = static_cast<int>(window.height);
  errno = 0;
  const GdalErrors errors;
  const CPLErr result =
      dataset_->RasterIO(GF_Write, static_cast<int>(window.left), static_cast<int>(window.top), width, height,
                         const_cast<double*>(counts), width, height, GDT_Float64, static_cast<int>(bands), nullptr,
                         value * bands, value * bands * width, value, nullptr);
  if (result != CE_None || errors.failed()) fail_to_write(path_, place_, "write the pixels", errors);
}

// Another thread may write blocks that stay in GDAL's cache, and would get their errors.
void ProductRaster::flush() {
  errno = 0;
  const GdalErrors errors;
  CPLErr result = CE_None;
  for (GDALRasterBand* band : dataset_->GetBands()) result = std::max(result, band->FlushCache());
  if (result != CE_None || errors.failed()) fail_to_write(path_, place_, "write the pixels", errors);
}

void ProductRaster::close() {
  if (!dataset_) return;
  errno = 0;
  const GdalErrors errors;
  dataset_.reset();
  if (errors.failed()) fail_to_write(path_, place_, "write the pixels", errors);
}

void ProductRaster::drop() noexcept {
  const GdalErrors quiet;
  dataset_.reset();
}

}  // namespace premix::io
