// Completes a product: copies the scratch file to the output format and builds overviews.

#include "io/product_raster.hpp"

#include <cerrno>

#include "io/fail_to_write.hpp"
#include "io/gdal_progress.hpp"

namespace premix::io {
namespace {

void remove_with_companions(const std::string& file) {
  const GdalErrors quiet;
  VSIUnlink(file.c_str());
  for (const char* suffix : companion_suffixes) VSIUnlink((file + suffix).c_str());
}

}  // namespace

void ProductRaster::complete(const std::function<void(double)>& progress) {
  const double copying = format_.direct ? 0 : 0.75;
  const auto part = [&](double from, double to) {
    return [&progress, from, to](double done) {
      if (progress) progress(from + done * (to - from));
    };
  };
  try {
    if (!format_.direct) copy(part(0, copying));
    if (!format_.direct) add_missing_domains();
    if (options_.overviews != Overviews::none) build_overviews(part(copying, 1));
    part(1, 1)(1);
  } catch (...) {
    if (!format_.direct) remove_with_companions(place_.file());
    throw;
  }
}

void ProductRaster::remove_scratch() {
  if (!format_.direct) remove_with_companions(place_.scratch());
}

void ProductRaster::copy(const std::function<void(double)>& progress) {
  remove_with_companions(place_.file());  // of an earlier attempt
  errno = 0;
  const GdalErrors errors;
  GdalProgress watched(progress);
  const Dataset pixels(
      GDALDataset::Open(pixels_file().c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (!pixels) fail_to_write(path_, place_, "read the scratch file", errors);
  Dataset made(format_.driver.CreateCopy(place_.file().c_str(), pixels.get(), /*bStrict=*/true, format_.options.List(),
                                         GdalProgress::call, &watched));
  const bool created = made != nullptr;
  made.reset();  // closing writes buffered data and may fail
  watched.rethrow();
  if (!created || errors.failed()) fail_to_write(path_, place_, "write", errors);
}

// Most formats copy only the default metadata domain. Other domains are added to a GTiff itself, and to an .aux.xml
// file for other formats.
void ProductRaster::add_missing_domains() {
  if (info_.domains.empty()) return;
  errno = 0;
  const GdalErrors errors;
  Dataset product = reopen_product();
  for (const auto& [domain, items] : info_.domains)
    if (product->GetMetadata(domain.c_str()) == nullptr)
      product->SetMetadata(string_list(items).List(), domain.c_str());
  product.reset();
  if (errors.failed()) fail_to_write(path_, place_, "write the metadata", errors);
}

// A file opened read-only gets added data in .aux.xml and .ovr files. Only GTiff is opened for update: an update would
// break the layout of a COG.
Dataset ProductRaster::reopen_product() const {
  const GdalErrors errors;
  const unsigned access = format_.is("GTiff") ? GDAL_OF_UPDATE : GDAL_OF_READONLY;
  Dataset product(GDALDataset::Open(place_.file().c_str(), GDAL_OF_RASTER | access | GDAL_OF_VERBOSE_ERROR));
  if (!product) fail_to_write(path_, place_, "reopen what was written", errors);
  return product;
}

// Overviews are inside a GTiff, and in an .ovr file for other formats. Does nothing if the format made overviews.
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
  if (!format_.direct && product->GetRasterBand(1)->GetOverviewCount() > 0) return;
  const CPLErr result = product->BuildOverviews("AVERAGE", static_cast<int>(factors.size()), factors.data(), 0, nullptr,
                                                GdalProgress::call, &watched, nullptr);
  product.reset();
  watched.rethrow();
  if (result != CE_None || errors.failed()) fail_to_write(path_, place_, "write overviews", errors);
}

}  // namespace premix::io
