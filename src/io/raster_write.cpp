#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>

#include "premix/core/error.hpp"
#include "premix/io/raster.hpp"

#if PREMIX_GDAL

#include "io/gdal.hpp"
#include "io/raster_output.hpp"

namespace premix {
using namespace io;

namespace {

class Quantizer {
 public:
  Quantizer(const std::string& path, const RasterInfo& info, DataType type) : path_(path), info_(info), type_(type) {}

  double operator()(float pixel, std::int64_t band) const {
    if (std::isnan(pixel)) return for_nan(static_cast<std::size_t>(band));
    return std::clamp(type_.whole ? std::round(static_cast<double>(pixel)) : pixel, type_.lowest, type_.highest);
  }

 private:
  double for_nan(std::size_t band) const {
    if (band < info_.bands.size() && info_.bands[band].nodata) return *info_.bands[band].nodata;
    if (type_.whole)
      fail(ErrorKind::data, path_, ": a pixel of band ", band + 1, " is not a number, which ", info_.data_type,
           " cannot hold. Declare a nodata value, or write Float32.");
    return std::numeric_limits<double>::quiet_NaN();
  }

  const std::string& path_;
  const RasterInfo& info_;
  DataType type_;
};

void write_pixels(const std::string& path, GDALDataset& dataset, const Tensor<float>& pixels,
                  const Quantizer& quantized) {
  constexpr int strip_rows = 64;
  const auto [n, h, w, c] = pixels.shape();
  const GdalErrors errors;
  std::vector<double> strip(static_cast<std::size_t>(strip_rows * w * c));
  for (std::int64_t top = 0; top < h; top += strip_rows) {
    const std::int64_t rows = std::min<std::int64_t>(strip_rows, h - top);
    const float* from = pixels.values().data() + top * w * c;
    for (std::int64_t i = 0; i < rows * w * c; ++i) strip[static_cast<std::size_t>(i)] = quantized(from[i], i % c);
    const GSpacing value = sizeof(double), channels = c;
    const CPLErr result =
        dataset.RasterIO(GF_Write, 0, static_cast<int>(top), static_cast<int>(w), static_cast<int>(rows), strip.data(),
                         static_cast<int>(w), static_cast<int>(rows), GDT_Float64, static_cast<int>(c), nullptr,
                         value * channels, value * channels * w, value, nullptr);
    if (result != CE_None || errors.failed())
      fail(ErrorKind::runtime, path, ": cannot write the pixels: ", errors.message());
  }
}

}  // namespace

void write_raster(const std::string& path, const Tensor<float>& pixels, const RasterInfo& info,
                  const RasterOutput& output) {
  const auto [n, h, w, c] = pixels.shape();
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  PREMIX_CHECK(!pixels.empty() && n == 1 && std::max({h, w, c}) <= most, path, ": write_raster: pixels of shape ",
               pixels.shape());
  PREMIX_CHECK(info.bands.empty() || static_cast<std::int64_t>(info.bands.size()) == c, path,
               ": write_raster: descriptions of ", info.bands.size(), " bands for pixels of ", c);
  GDALDriver& driver = driver_for(path, output.driver);
  const DataType type = data_type_of(path, info);
  CPLStringList options = creation_options(path, driver, info, output);
  check_can_write(path, output.existing);

  const bool direct = driver.GetMetadataItem(GDAL_DCAP_CREATE) != nullptr;
  write_atomically(path, [&](const std::filesystem::path& temporary) {
    const GdalErrors errors;
    const auto check = [&](bool succeeded) {
      if (!succeeded || errors.failed()) fail(ErrorKind::runtime, path, ": cannot write: ", errors.message());
    };
    GDALDriver& first = direct ? driver : *GetGDALDriverManager()->GetDriverByName("MEM");
    Dataset dataset(first.Create(direct ? temporary.c_str() : "", static_cast<int>(w), static_cast<int>(h),
                                 static_cast<int>(c), type.type, direct ? options.List() : nullptr));
    check(dataset != nullptr);
    describe(*dataset, info);
    check(true);
    write_pixels(path, *dataset, pixels, Quantizer(path, info, type));
    if (!direct)
      dataset.reset(
          driver.CreateCopy(temporary.c_str(), dataset.get(), /*bStrict=*/true, options.List(), nullptr, nullptr));
    check(dataset != nullptr);
    dataset.reset();  // closing writes buffered data and may fail
    check(true);
    std::error_code ignored;
    for (const char* suffix : companion_suffixes) std::filesystem::remove(path + suffix, ignored);
  });
}

}  // namespace premix

#else

namespace premix {

void write_raster(const std::string& path, const Tensor<float>&, const RasterInfo&, const RasterOutput&) {
  fail(ErrorKind::runtime, path,
       ": this premix was built without GDAL and cannot write rasters. Build it with PREMIX_GDAL=ON.");
}

}  // namespace premix

#endif
