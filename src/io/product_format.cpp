#include "io/product_format.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "premix/core/error.hpp"

namespace premix::io {
namespace {

bool is_compressed(const CPLStringList& options) {
  const char* compression = options.FetchNameValue("COMPRESS");
  return compression != nullptr && !EQUAL(compression, "NONE");
}

// A lossy compression would degrade a block each time it is rewritten.
bool is_lossless(const CPLStringList& options) {
  if (!is_compressed(options)) return true;
  const std::string_view name = options.FetchNameValue("COMPRESS");
  constexpr std::array lossless = {"LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"};
  return std::any_of(lossless.begin(), lossless.end(), [&](const char* one) { return EQUAL(name.data(), one); });
}

// Returns whether a reopened file keeps all of these options. For example, it does not keep the compression level.
bool are_remembered(const CPLStringList& options) {
  constexpr std::array remembered = {
      "TILED", "BLOCKXSIZE",  "BLOCKYSIZE", "BIGTIFF",     "COMPRESS",        "PREDICTOR",           "INTERLEAVE",
      "NBITS", "PHOTOMETRIC", "ALPHA",      "NUM_THREADS", "GEOTIFF_VERSION", "GEOTIFF_KEYS_FLAVOR", "ENDIANNESS"};
  for (int i = 0; i < options.size(); ++i) {
    const std::string key = std::string(options[i]).substr(0, std::strcspn(options[i], "="));
    if (std::none_of(remembered.begin(), remembered.end(), [&](const char* one) { return EQUAL(one, key.c_str()); }))
      return false;
  }
  return true;
}

// Pieces aligned with blocks never rewrite a compressed block. A crash during a rewrite could destroy pixels that the
// journal lists as done.
bool aligned_with_blocks(const PieceGrid& pieces, std::int64_t block_height, std::int64_t block_width) {
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

bool can_be_written_directly(const CPLStringList& options, const PieceGrid& pieces) {
  if (!options.FetchBool("TILED", false) || !is_lossless(options) || !are_remembered(options)) return false;
  const auto side = [&](const char* name) { return std::max(1, std::atoi(options.FetchNameValueDef(name, "256"))); };
  return !is_compressed(options) || aligned_with_blocks(pieces, side("BLOCKYSIZE"), side("BLOCKXSIZE"));
}

GDALDriver& checked(GDALDriver& driver, const std::string& path) {
  const std::string_view name = driver.GetDescription();
  if (name == "VRT" || name == "MEM")
    fail(ErrorKind::usage, path, ": ", name, " stores no pixels on a disk. Set another format, such as ",
         Option("driver", "GTiff"), '.');
  return driver;
}

}  // namespace

ProductFormat choose_format(const std::string& path, const RasterInfo& info, const ProductOptions& options) {
  ProductFormat format = {checked(driver_for(path, options.output.driver), path), {}, data_type_of(path, info)};
  CPLStringList& creation = format.options = creation_options(path, format.driver, info, options.output);
  if (format.is("GTiff")) set_gtiff_defaults(creation);
  if (format.is("COG")) set_default(creation, "OVERVIEWS", options.overviews == Overviews::none ? "NONE" : "AUTO");
  if (format.is("COG")) set_default(creation, "OVERVIEW_RESAMPLING", "AVERAGE");
  format.compressed = is_compressed(creation);
  format.direct = format.is("GTiff") && can_be_written_directly(creation, options.pieces);
  return format;
}

std::string ProductFormat::text() const {
  std::string text = driver.GetDescription();
  for (int i = 0; i < options.size(); ++i) text += std::string(" ") + options[i];
  return text + (direct ? "" : " by a scratch file");
}

CPLStringList ProductFormat::pixel_options() const {
  CPLStringList pixels;
  if (direct) pixels = options;
  if (!direct) set_gtiff_defaults(pixels);
  return pixels;
}

}  // namespace premix::io
