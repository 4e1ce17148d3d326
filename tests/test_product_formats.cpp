#include <cpl_vsi.h>
#include <gdal_priv.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "premix/io/product.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/product_pieces.hpp"
#include "support/scratch.hpp"

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t height = 600, width = 1100, bands = 3;

ProductReport make(const std::string& path, const ProductOptions& options, const std::string& data_type = "UInt16") {
  static const Tensor<float> values = product_values(height, width, bands);
  ProductWriter product(path, product_info(height, width, bands, data_type), product_ranges(bands), options);
  for (const Window& piece : pieces_of(height, width, options.pieces)) write_piece(product, values, piece);
  return product.finish();
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Closed {
  void operator()(GDALDataset* dataset) const { GDALClose(dataset); }
};
using Opened = std::unique_ptr<GDALDataset, Closed>;
Opened opened(const std::string& path) { return Opened(GDALDataset::Open(path.c_str())); }

}  // namespace

TEST_CASE("every format gets the same pixels and only its own companion files", "[product]") {
  struct Case {
    const char* name;
    RasterOutput output;
    std::vector<std::string> files;
  };
  const Case cases[] = {
      {"a.tif", {}, {"a.tif"}},
      {"zip.tif", {.creation_options = {"COMPRESS=DEFLATE", "PREDICTOR=2", "NUM_THREADS=2"}}, {"zip.tif"}},
      {"level.tif", {.creation_options = {"COMPRESS=DEFLATE", "ZLEVEL=1"}}, {"level.tif"}},
      {"strips.tif", {.creation_options = {"TILED=NO"}}, {"strips.tif"}},
      {"large.tif",
       {.creation_options = {"BLOCKXSIZE=512", "BLOCKYSIZE=512", "BIGTIFF=YES", "INTERLEAVE=BAND"}},
       {"large.tif"}},
      {"cog.tif", {.driver = "COG"}, {"cog.tif"}},
      {"a.png", {}, {"a.png"}},
      {"a.bin", {.driver = "ENVI"}, {"a.bin", "a.bin.aux.xml", "a.hdr"}},
      {"a.img", {.driver = "HFA"}, {"a.img"}},
  };
  const ScratchFolder reference;
  make(reference / "a.tif", {});
  const Tensor<float> pixels = read_raster(reference / "a.tif");
  for (const auto& [name, output, files] : cases) {
    INFO(name);
    const ScratchFolder folder;
    const ProductReport report = make(folder / name, {.output = output});
    CHECK(same_bits(read_raster(folder / name), pixels));
    std::int64_t bytes = 0;
    for (const std::string& file : names_in(folder.path()))
      bytes += static_cast<std::int64_t>(fs::file_size(folder / file));
    CHECK(report.bytes == bytes);
    std::vector<std::string> found = names_in(folder.path());
    std::erase_if(found, [](const std::string& file) { return file.ends_with(".aux.xml"); });
    std::vector<std::string> expected = files;
    std::erase_if(expected, [](const std::string& file) { return file.ends_with(".aux.xml"); });
    CHECK(found == expected);
  }
}

TEST_CASE("a GTiff is tiled in blocks of 256 unless its options differ", "[product]") {
  const ScratchFolder folder;
  const auto block = [&](const std::vector<std::string>& creation_options) {
    make(folder / "a.tif", {.output = {.creation_options = creation_options, .existing = Existing::replace}});
    int block_width = 0, block_height = 0;
    opened(folder / "a.tif")->GetRasterBand(1)->GetBlockSize(&block_width, &block_height);
    return concat(block_width, " x ", block_height);
  };
  CHECK(block({}) == "256 x 256");
  CHECK(block({"BLOCKXSIZE=512", "BLOCKYSIZE=128"}) == "512 x 128");
  CHECK(block({"TILED=NO", "BLOCKYSIZE=8"}) == "1100 x 8");
}

TEST_CASE("a lossy or levelled compression does not depend on the pieces", "[product]") {
  const ScratchFolder folder;
  const std::vector<std::vector<std::string>> choices = {{"COMPRESS=JPEG", "JPEG_QUALITY=90"},
                                                         {"COMPRESS=DEFLATE", "ZLEVEL=9"}};
  for (const auto& creation_options : choices) {
    INFO(creation_options.back());
    const auto bytes = [&](const char* name, const PieceGrid& grid) {
      return make(folder / name,
                  {.output = {.creation_options = creation_options, .existing = Existing::replace}, .pieces = grid},
                  "Byte")
          .bytes;
    };
    CHECK(bytes("a.tif", {}) == bytes("b.tif", {.top = -30, .left = -30}));
    CHECK(same_bits(read_raster(folder / "a.tif"), read_raster(folder / "b.tif")));
  }
}

TEST_CASE("a lossy compression does not depend on GDAL's cache", "[product]") {
  const ScratchFolder folder;
  const ProductOptions options = {.output = {.creation_options = {"COMPRESS=JPEG", "BLOCKXSIZE=512", "BLOCKYSIZE=512"}},
                                  .pieces = {.height = 512, .width = 1024}};
  make(folder / "a.tif", options, "Byte");
  const std::int64_t before = GDALGetCacheMax64();
  set_gdal_cache(100000);  // one block of one band
  CHECK(GDALGetCacheMax64() == 100000);
  make(folder / "b.tif", options, "Byte");
  set_gdal_cache(before);
  CHECK(same_bits(read_raster(folder / "a.tif"), read_raster(folder / "b.tif")));
}

TEST_CASE("a product has overviews down to below 256 pixels on request", "[product]") {
  const ScratchFolder folder;
  const auto widths = [&](const char* name, const std::string& driver, Overviews overviews) {
    make(folder / name, {.output = {.driver = driver, .existing = Existing::replace}, .overviews = overviews});
    const auto dataset = opened(folder / name);
    std::vector<int> sizes;
    GDALRasterBand& band = *dataset->GetRasterBand(1);
    for (int i = 0; i < band.GetOverviewCount(); ++i) sizes.push_back(band.GetOverview(i)->GetXSize());
    return sizes;
  };
  CHECK(widths("a.tif", "GTiff", Overviews::none).empty());
  CHECK(widths("a.tif", "GTiff", Overviews::average) == std::vector<int>{550, 275, 138});
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.tif"});
  CHECK(widths("cog.tif", "COG", Overviews::none).empty());
  CHECK(widths("cog.tif", "COG", Overviews::average) == std::vector<int>{550, 275});
  CHECK_THAT(bytes_of(folder / "cog.tif").substr(0, 100), contains("LAYOUT=IFDS_BEFORE_DATA"));
  CHECK(widths("a.bin", "ENVI", Overviews::average) == std::vector<int>{550, 275, 138});
  CHECK(fs::exists(folder / "a.bin.ovr"));
  CHECK(widths("a.bin", "ENVI", Overviews::none).empty());
  CHECK_FALSE(fs::exists(folder / "a.bin.ovr"));

  widths("a.tif", "GTiff", Overviews::average);
  const auto dataset = opened(folder / "a.tif");
  const Tensor<float> pixels = read_raster(folder / "a.tif", {2});
  std::uint16_t first = 0;
  REQUIRE(dataset->GetRasterBand(2)->GetOverview(0)->RasterIO(GF_Read, 7, 9, 1, 1, &first, 1, 1, GDT_UInt16, 0, 0,
                                                              nullptr) == CE_None);
  const float sum = pixels(0, 18, 14, 0) + pixels(0, 18, 15, 0) + pixels(0, 19, 14, 0) + pixels(0, 19, 15, 0);
  CHECK(std::abs(first - sum / 4) <= 0.51f);
}

TEST_CASE("a product is written to GDAL's memory files and other virtual files", "[product]") {
  const ScratchFolder folder;
  make(folder / "a.tif", {});
  const Tensor<float> pixels = read_raster(folder / "a.tif");
  for (const char* driver : {"GTiff", "COG"}) {
    INFO(driver);
    const std::string path = concat("/vsimem/premix_test/", driver, ".tif");
    make(path, {.output = {.driver = driver}});
    CHECK(same_bits(read_raster(path), pixels));
    CHECK_THAT(message_of(ErrorKind::runtime, [&] { make(path, {}); }), contains("exists already"));
    VSIUnlink(path.c_str());
  }
  char** left = VSIReadDirRecursive("/vsimem/premix_test");
  for (char** name = left; name != nullptr && *name != nullptr; ++name) CHECK(std::string(*name) == "nothing");
  CSLDestroy(left);
  const std::string zipped = "/vsizip/" + (folder / "a.zip").string() + "/inside.tif";
  make(zipped, {});
  CHECK(same_bits(read_raster(zipped), pixels));
  CHECK_THAT(message_of(ErrorKind::usage, [&] { make("/vsimem/a.tif", {.resume = true}); }), contains("resume needs"));
}

TEST_CASE("a format that cannot hold the product is refused before a pixel is written", "[product]") {
  struct Case {
    const char* what;
    ErrorKind kind;
    const char* name;
    const char* data_type;
    RasterOutput output;
    const char* message;
  };
  const Case cases[] = {
      {"references", ErrorKind::usage, "a.vrt", "Byte", {}, "VRT stores no pixels"},
      {"memory", ErrorKind::usage, "a.tif", "Byte", {.driver = "MEM"}, "MEM stores no pixels"},
      {"unknown format", ErrorKind::usage, "a.tif", "Byte", {.driver = "NoSuch"}, "the raster format NoSuch"},
      {"unknown extension", ErrorKind::usage, "a.nosuch", "Byte", {}, "extension"},
      {"unknown data type", ErrorKind::usage, "a.tif", "UInt12", {}, "type UInt12"},
      {"unknown creation option", ErrorKind::usage, "a.tif", "Byte", {.creation_options = {"NOSUCH=1"}}, "NOSUCH"},
      {"wrong value of an option",
       ErrorKind::usage,
       "a.tif",
       "Byte",
       {.creation_options = {"COMPRESS=NOSUCH"}},
       "NOSUCH"},
      {"type that the format lacks", ErrorKind::runtime, "a.png", "Float32", {}, "Float32"},
      {"type that a compression lacks",
       ErrorKind::runtime,
       "a.tif",
       "Float32",
       {.creation_options = {"COMPRESS=JPEG"}},
       "JPEG"},
      {"folder instead of a file", ErrorKind::usage, "a.zarr", "Byte", {.driver = "Zarr"}, "no file"},
      {"no folder", ErrorKind::runtime, "missing/a.tif", "Byte", {}, "no folder"},
  };
  for (const auto& [what, kind, name, data_type, output, message] : cases) {
    INFO(what);
    const ScratchFolder folder;
    const std::string path = folder / name;
    const std::string error = message_of(kind, [&, type = data_type, &output = output] {
      ProductWriter(path, product_info(500, 400, 3, type), product_ranges(3, 100), {.output = output});
    });
    CHECK_THAT(error, contains(path + ": ") && contains(message));
    CHECK(fs::is_empty(folder.path()));
  }
}
