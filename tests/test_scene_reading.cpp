#include <cmath>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scene_case.hpp"

// Reads of pixels from the files.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

// Replaces the PAN by one written with options of the GeoTIFF driver.
void write_pan(const SceneCase& files, std::vector<std::string> creation_options) {
  Tensor<float> counts = uniform_image<float>({1, 99, 119, 1}, 0, SceneCase::max_val, 3);
  RasterInfo info = {.data_type = "UInt16"};
  info.geo = {.has_geotransform = true, .geotransform = files.pan_grid().geotransform, .crs_wkt = utm16};
  write_raster(files.pan, counts, info,
               {.creation_options = std::move(creation_options), .existing = Existing::replace});
}

}  // namespace

TEST_CASE("an unreadable block is reported with file, band, rows and columns", "[scene]") {
  SceneCase files;
  files.options.allow_range = true;  // opening the scene reads no pixels
  SECTION("a truncated file") {
    write_pan(files, {"BLOCKYSIZE=1"});
    fs::resize_file(files.pan, fs::file_size(files.pan) - 119 * 2 * 10);
    const Scene scene = files.open();
    CHECK(read_pan(scene, {0, 0, 64, 119}).invalid() == 0);
    CHECK_THAT(message_of(ErrorKind::data,
                          [&] {
                            read_pan(scene, {40, 7, 59, 30});
                          }),
               contains(files.pan + ": band 1: cannot read rows 64 to 98, columns 7 to 36: ") && contains("TIFF"));
  }
  SECTION("a damaged compressed block") {
    write_pan(files, {"TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32", "COMPRESS=DEFLATE"});
    std::fstream file(files.pan, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(files.pan) * 9 / 10));
    file << std::string(300, '\xff');
    file.close();
    const Scene scene = files.open();
    CHECK(read_pan(scene, {0, 0, 64, 119}).invalid() == 0);
    CHECK_THAT(message_of(ErrorKind::data, [&] { read_pan(scene); }),
               contains(files.pan + ": band 1: cannot read rows 64 to 98, columns 0 to 118: ") &&
                   !contains("GDAL gives no reason"));
  }
  SECTION("an MS block, at the range check") {
    files.options.allow_range = false;
    fs::resize_file(files.ms, fs::file_size(files.ms) - 2000);
    CHECK_THAT(files.error(ErrorKind::data),
               contains(files.ms + ": band 1: cannot read rows 0 to 49, columns 0 to 59"));
  }
}

TEST_CASE("blocks of any shape give the same pixels", "[scene]") {
  SceneCase files;
  write_pan(files, {});
  const Tensor<float> expected = read_pan(files.open()).values;
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"BLOCKYSIZE=1"}, {"BLOCKYSIZE=7"}, {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=48"}}) {
    write_pan(files, options);
    const Scene scene = files.open();
    CHECK(same_bits(read_pan(scene).values, expected));
    CHECK(same_bits(read_pan(scene, {13, 5, 80, 100}).values, crop(expected, {13, 5, 80, 100})));
  }
}

TEST_CASE("counts beyond the precision of float give a warning", "[scene]") {
  SceneCase files;
  const auto write = [&](float count, const std::string& data_type) {
    files.change_ms([=](Tensor<float>& counts, RasterInfo& info) {
      info.data_type = data_type;
      counts.mutable_data()[2] = count;
    });
    return files.open();
  };
  files.options.allow_range = true;
  CHECK(write(16777216, "UInt32").warnings.empty());
  CHECK(write(30000000, "Float32").warnings.empty());
  const Scene scene = write(30000000, "UInt32");
  REQUIRE(scene.warnings.size() == 1);
  CHECK_THAT(scene.warnings[0].text(), contains("band 3") && contains("2^24"));
  CHECK(read_ms(scene).values(0, 0, 0, 2) == Approx(30000000 / SceneCase::max_val));
  CHECK(write(-30000000, "Int32").warnings.size() == 1);
}

TEST_CASE("GDAL's virtual files work as scenes", "[scene]") {
  SceneCase files;
  const Tensor<float> expected = read_ms(files.open()).values;
  files.ms = concat("/vsisubfile/0_", fs::file_size(files.ms), ",", files.ms);
  CHECK(same_bits(read_ms(files.open()).values, expected));
  files.wanted.count = 1;
  files.wanted.names.clear();
  files.ms += ",band=3";
  CHECK(read_ms(files.open()).values(0, 4, 5, 0) == expected(0, 4, 5, 2));
}
