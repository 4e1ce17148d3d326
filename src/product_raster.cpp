#include "product_raster.hpp"

#if PREMIX_GDAL

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <string_view>
#include <utility>

#include "gdal_progress.hpp"
#include "premix/core/error.hpp"

namespace premix {
namespace {

constexpr std::string_view gtiff = "GTiff";

bool is(const GDALDriver& driver, std::string_view name) { return name == driver.GetDescription(); }

bool is_compressed(const CPLStringList& options) {
  const char* compression = options.FetchNameValue("COMPRESS");
  return compression != nullptr && !EQUAL(compression, "NONE");
}

// A lossy compression would lose more each time that a block is written.
bool is_lossless(const CPLStringList& options) {
  if (!is_compressed(options)) return true;
  const std::string_view name = options.FetchNameValue("COMPRESS");
  constexpr std::array lossless = {"LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"};
  return std::any_of(lossless.begin(), lossless.end(), [&](const char* one) { return EQUAL(name.data(), one); });
}

// Options that a file remembers when it is reopened, which the level of a compression is not.
bool are_remembered(const CPLStringList& options) {
  constexpr std::array remembered = {
      "TILED", "BLOCKXSIZE",  "BLOCKYSIZE", "BIGTIFF",     "COMPRESS",        "PREDICTOR",           "INTERLEAVE",
      "NBITS", "PHOTOMETRIC", "ALPHA",      "NUM_THREADS", "GEOTIFF_VERSION", "GEOTIFF_KEYS_FLAVOR", "ENDIANNESS"};
  for (int i = 0; i < options.size(); ++i) {
    const std::string key = std::string(options[i]).substr(0, std::strcspn(options[i], "="));
    if (std::none_of(remembered.begin(), remembered.end(), [&](const char* one) { return EQUAL(one, key.c_str()); })) return false;
  }
  return true;
}

// A compressed block that is written again may be torn by a crash, together with what the journal promises of it.
bool share_no_blocks(const PieceGrid& pieces, std::int64_t block_height, std::int64_t block_width) {
  return pieces.top % block_height == 0 && pieces.height % block_height == 0 && pieces.left % block_width == 0 &&
         pieces.width % block_width == 0;
}

void set_default(CPLStringList& options, const char* name, const char* value) {
  if (options.FetchNameValue(name) == nullptr) options.SetNameValue(name, value);
}

void set_gtiff_defaults(CPLStringList& options) {
  set_default(options, "TILED", "YES");
  if (options.FetchBool("TILED", false)) {
    set_default(options, "BLOCKXSIZE", "256");
    set_default(options, "BLOCKYSIZE", "256");
  }
  set_default(options, "BIGTIFF", "IF_SAFER");
}

bool can_be_written_directly(const GDALDriver& driver, const CPLStringList& options, const PieceGrid& pieces) {
  if (!is(driver, gtiff) || !options.FetchBool("TILED", false) || !is_lossless(options) || !are_remembered(options)) return false;
  const auto side = [&](const char* name) { return std::max(1, std::atoi(options.FetchNameValueDef(name, "256"))); };
  return !is_compressed(options) || share_no_blocks(pieces, side("BLOCKYSIZE"), side("BLOCKXSIZE"));
}

GDALDriver& checked(GDALDriver& driver, const std::string& path) {
  if (is(driver, "VRT") || is(driver, "MEM"))
    fail(ErrorKind::usage, path, ": ", driver.GetDescription(), " holds no pixels on a disk; name another format (-of GTiff)");
  return driver;
}

void remove_with_companions(const std::string& file) {
  const GdalErrors quiet;
  VSIUnlink(file.c_str());
  for (const char* suffix : companion_suffixes) VSIUnlink((file + suffix).c_str());
}

double gigabytes(std::int64_t bytes) { return static_cast<double>(bytes) / 1e9; }

}  // namespace

ProductRaster::ProductRaster(const std::string& path, const RasterInfo& info, const ProductOptions& options, const ProductPlace& place)
    : path_(path),
      info_(info),
      options_(options),
      place_(place),
      driver_(checked(driver_for(path, options.output.driver), path)),
      type_(data_type_of(path, info)) {
  RasterOutput output = options.output;
  creation_options_ = creation_options(path, driver_, info, output);
  if (is(driver_, gtiff)) set_gtiff_defaults(creation_options_);
  if (is(driver_, "COG")) set_default(creation_options_, "OVERVIEWS", options.overviews == Overviews::none ? "NONE" : "AUTO");
  if (is(driver_, "COG")) set_default(creation_options_, "OVERVIEW_RESAMPLING", "AVERAGE");
  direct_ = can_be_written_directly(driver_, creation_options_, options.pieces);
}

std::string ProductRaster::format() const {
  std::string text = driver_.GetDescription();
  for (int i = 0; i < creation_options_.size(); ++i) text += std::string(" ") + creation_options_[i];
  return text + (direct_ ? "" : " by a scratch file");
}

std::int64_t ProductRaster::raw_bytes() const {
  const auto bands = static_cast<std::int64_t>(info_.bands.size());
  return info_.width * info_.height * bands * GDALGetDataTypeSizeBytes(type_.type);
}

void ProductRaster::check_space() const {
  const std::int64_t free = place_.free_bytes();
  if (free < 0 || (direct_ && is_compressed(creation_options_))) return;
  const bool with_overviews = direct_ && options_.overviews != Overviews::none;
  const std::int64_t needed = raw_bytes() + (with_overviews ? raw_bytes() / 3 : 0) - place_.bytes_taken();
  if (needed <= free) return;
  fail(ErrorKind::runtime, path_, std::fixed, std::setprecision(2), ": needs ", gigabytes(needed), " GB", direct_ ? "" : " for scratch",
       " in ", place_.folder(), ", where ", gigabytes(free), " GB are free: make room there, fuse a smaller part",
       direct_ ? ", or compress (-co COMPRESS=ZSTD)" : ", or choose another disk");
}

void ProductRaster::fail_to_write(const char* what, const GdalErrors& errors) const {
  constexpr std::int64_t little = 64 << 20;
  const int error = errno;
  std::string reason = errors.message();
  // Others remain from what GDAL looked for and did not need.
  constexpr std::array telling = {ENOSPC, EFBIG, EDQUOT, EIO, EROFS};
  if (std::find(telling.begin(), telling.end(), error) != telling.end()) reason += concat(" (", std::strerror(error), ")");
  const std::int64_t free = place_.free_bytes();
  if (free >= 0 && free < little)
    reason += concat("; the disk is full, ", free >> 20, " MiB are free in ", place_.folder(), ": make room there");
  fail(ErrorKind::runtime, path_, ": can't ", what, ": ", reason);
}

CPLStringList ProductRaster::scratch_options() const {
  if (direct_) return creation_options_;
  CPLStringList options;
  set_gtiff_defaults(options);
  return options;
}

void ProductRaster::try_format() const {
  if (direct_) return;
  constexpr std::int64_t most = 256;
  const GdalErrors errors;
  const Dataset small(GetGDALDriverManager()->GetDriverByName("MEM")->Create("", static_cast<int>(std::min(most, info_.width)),
                                                                             static_cast<int>(std::min(most, info_.height)),
                                                                             static_cast<int>(info_.bands.size()), type_.type, nullptr));
  if (small == nullptr) fail(ErrorKind::runtime, path_, ": can't write: ", errors.message());
  describe(*small, info_);
  Dataset copy(driver_.CreateCopy(place_.file().c_str(), small.get(), /*bStrict=*/true, creation_options_.List(), nullptr, nullptr));
  const bool made = copy != nullptr;
  copy.reset();
  if (!made || errors.failed()) fail(ErrorKind::runtime, path_, ": can't write: ", errors.message());
  if (!place_.is_file(place_.file()))
    fail(ErrorKind::usage, path_, ": ", driver_.GetDescription(), " makes no file of this name; name another format (-of GTiff)");
}

// Made with no block in it and reopened: closing would otherwise fill what is still missing, which may be nearly all.
void ProductRaster::create() {
  CPLStringList options = scratch_options();
  options.SetNameValue("SPARSE_OK", "TRUE");
  errno = 0;
  const GdalErrors errors;
  dataset_.reset(GetGDALDriverManager()
                     ->GetDriverByName(gtiff.data())
                     ->Create(pixels_file().c_str(), static_cast<int>(info_.width), static_cast<int>(info_.height),
                              static_cast<int>(info_.bands.size()), type_.type, options.List()));
  if (dataset_) describe(*dataset_, info_);
  if (!dataset_ || errors.failed()) fail_to_write("write", errors);
  close();
  reopen();
}

void ProductRaster::reopen() {
  CPLStringList options;
  if (const char* threads = creation_options_.FetchNameValue("NUM_THREADS"); direct_ && threads != nullptr)
    options.SetNameValue("NUM_THREADS", threads);
  const char* const drivers[] = {gtiff.data(), nullptr};
  errno = 0;
  const GdalErrors errors;
  dataset_.reset(
      GDALDataset::Open(pixels_file().c_str(), GDAL_OF_RASTER | GDAL_OF_UPDATE | GDAL_OF_VERBOSE_ERROR, drivers, options.List()));
  if (!dataset_ || errors.failed()) fail_to_write("go on with the unfinished raster", errors);
  if (dataset_->GetRasterXSize() != info_.width || dataset_->GetRasterYSize() != info_.height ||
      dataset_->GetRasterCount() != static_cast<int>(info_.bands.size()))
    fail(ErrorKind::data, path_, ": the unfinished raster in ", place_.folder(), " is damaged: delete it");
}

void ProductRaster::write(const Window& window, const double* counts) {
  const GSpacing value = sizeof(double), bands = dataset_->GetRasterCount();
  const int width = static_cast<int>(window.width), height = static_cast<int>(window.height);
  errno = 0;
  const GdalErrors errors;
  const CPLErr result = dataset_->RasterIO(GF_Write, static_cast<int>(window.left), static_cast<int>(window.top), width, height,
                                           const_cast<double*>(counts), width, height, GDT_Float64, static_cast<int>(bands), nullptr,
                                           value * bands, value * bands * width, value, nullptr);
  if (result != CE_None || errors.failed()) fail_to_write("write the pixels", errors);
}

// Blocks left in GDAL's cache might have to be written by another thread, which would be told of what goes wrong.
void ProductRaster::flush() {
  errno = 0;
  const GdalErrors errors;
  CPLErr result = CE_None;
  for (GDALRasterBand* band : dataset_->GetBands()) result = std::max(result, band->FlushCache());
  if (result != CE_None || errors.failed()) fail_to_write("write the pixels", errors);
}

void ProductRaster::close() {
  if (!dataset_) return;
  errno = 0;
  const GdalErrors errors;
  dataset_.reset();
  if (errors.failed()) fail_to_write("write the pixels", errors);
}

void ProductRaster::drop() noexcept {
  const GdalErrors quiet;
  dataset_.reset();
}

void ProductRaster::complete(const std::function<void(double)>& progress) {
  const double copying = direct_ ? 0 : 0.75;
  const auto part = [&](double from, double to) {
    return [&progress, from, to](double done) {
      if (progress) progress(from + done * (to - from));
    };
  };
  try {
    if (!direct_) copy(part(0, copying));
    if (!direct_) add_missing_domains();
    if (options_.overviews != Overviews::none) build_overviews(part(copying, 1));
  } catch (...) {
    if (!direct_) remove_with_companions(place_.file());
    throw;
  }
  if (!direct_) remove_with_companions(place_.scratch());
  part(1, 1)(1);
}

void ProductRaster::copy(const std::function<void(double)>& progress) {
  remove_with_companions(place_.file());  // of an earlier attempt
  errno = 0;
  const GdalErrors errors;
  GdalProgress watched(progress);
  const Dataset pixels(GDALDataset::Open(pixels_file().c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (!pixels) fail_to_write("read the scratch file", errors);
  Dataset made(
      driver_.CreateCopy(place_.file().c_str(), pixels.get(), /*bStrict=*/true, creation_options_.List(), GdalProgress::call, &watched));
  const bool fine = made != nullptr;
  made.reset();  // closing writes what is left, and so it may fail too
  watched.rethrow();
  if (!fine || errors.failed()) fail_to_write("write", errors);
}

// Most formats copy the default domain alone. The others then go into a GTiff, and beside other files (.aux.xml).
void ProductRaster::add_missing_domains() {
  if (info_.domains.empty()) return;
  errno = 0;
  const GdalErrors errors;
  Dataset product = reopen_product();
  for (const auto& [domain, items] : info_.domains)
    if (product->GetMetadata(domain.c_str()) == nullptr) product->SetMetadata(string_list(items).List(), domain.c_str());
  product.reset();
  if (errors.failed()) fail_to_write("write the metadata", errors);
}

// Other formats' drivers keep to .aux.xml and .ovr what is added to a file that is only read; a COG changed within would be none.
Dataset ProductRaster::reopen_product() const {
  const GdalErrors errors;
  const unsigned access = is(driver_, gtiff) ? GDAL_OF_UPDATE : GDAL_OF_READONLY;
  Dataset product(GDALDataset::Open(place_.file().c_str(), GDAL_OF_RASTER | access | GDAL_OF_VERBOSE_ERROR));
  if (!product) fail_to_write("reopen what was written", errors);
  return product;
}

// Inside a GTiff, beside other files (.ovr), unless the format has made its own.
void ProductRaster::build_overviews(const std::function<void(double)>& progress) {
  constexpr std::int64_t small = 256;
  std::vector<int> factors;
  for (std::int64_t factor = 2; std::max(info_.width, info_.height) * 2 / factor >= small; factor *= 2)
    factors.push_back(static_cast<int>(factor));
  if (factors.empty()) return;
  errno = 0;
  const GdalErrors errors;
  GdalProgress watched(progress);
  Dataset product = reopen_product();
  if (!direct_ && product->GetRasterBand(1)->GetOverviewCount() > 0) return;
  const CPLErr result = product->BuildOverviews("AVERAGE", static_cast<int>(factors.size()), factors.data(), 0, nullptr, GdalProgress::call,
                                                &watched, nullptr);
  product.reset();
  watched.rethrow();
  if (result != CE_None || errors.failed()) fail_to_write("write overviews", errors);
}

}  // namespace premix

#endif
