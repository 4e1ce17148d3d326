#include <gdal_priv.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scene_case.hpp"

// Masks of a scene and their representation in its output.

using namespace premix;
using namespace premix::testing;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// Sets one count of band 2, in row 3 and column 4, and the nodata value of all bands.
ChangeRaster with_count(float count, std::optional<double> nodata, const std::string& data_type = "UInt16") {
  return [=](Tensor<float>& counts, RasterInfo& info) {
    info.data_type = data_type;
    info.bands.assign(4, {.nodata = nodata});
    counts.mutable_data()[(3 * 60 + 4) * 4 + 1] = count;
  };
}

// Writes an image mask: 0 in row 3, column 4, elsewhere `other`.
void write_mask(const std::string& path, const Grid& grid, float other, const RasterInfo& info) {
  Tensor<float> mask = Tensor<float>::full({1, grid.height, grid.width, 1}, other);
  mask.mutable_data()[3 * grid.width + 4] = 0;
  write_raster(path, mask, info, {.driver = "GTiff", .existing = Existing::replace});
}

std::string simple_source(const std::string& path, int band, const std::string& more = "") {
  return concat("<SimpleSource><SourceFilename relativeToVRT=\"1\">", path, "</SourceFilename><SourceBand>", band,
                "</SourceBand>", more, "</SimpleSource>");
}

// ms.tif as a VRT, with additional XML in the image or in each band.
std::string ms_vrt(const std::string& inside, const std::string& in_band = "") {
  std::string text =
      "<VRTDataset rasterXSize=\"60\" rasterYSize=\"50\"><SRS>EPSG:32616</SRS>"
      "<GeoTransform>543975, 30, 0, 1378995, 0, -30</GeoTransform>";
  for (int band = 1; band <= 4; ++band)
    text += concat("<VRTRasterBand dataType=\"UInt16\" band=\"", band, "\">", simple_source("ms.tif", band), in_band,
                   "</VRTRasterBand>");
  return text + inside + "</VRTDataset>";
}

void check_hole(const ScenePixels& pixels) {
  CHECK(pixels.invalid() == 1);
  CHECK_FALSE(pixels.valid_at(3, 4));
  for (std::int64_t i = 0; i < pixels.values.size(); ++i)
    if (!std::isfinite(pixels.values.data()[i])) FAIL("a value is not finite");
}

}  // namespace

TEST_CASE("an MS pixel is invalid if any of its bands is nodata", "[scene]") {
  SceneCase files;
  files.change_ms(with_count(7, 7));
  const Scene scene = files.open();
  check_hole(read_ms(scene));
  const ScenePixels window = read_ms(scene, {2, 4, 3, 9});
  CHECK(window.invalid() == 1);
  CHECK_FALSE(window.valid_at(1, 0));
  CHECK(scene.output.bands[3].nodata == 7);
  CHECK_FALSE(scene.output_nodata_chosen);
  CHECK(read_pan(scene).invalid() == 0);

  files.options.bands = {1, 3, 4, 1};  // without the band that has the hole
  CHECK(read_ms(files.open()).invalid() == 0);
}

TEST_CASE("nodata is found in every data type, and ignored if the type cannot hold it", "[scene]") {
  SceneCase files;
  files.options.allow_range = true;
  const auto holes = [&](float count, double nodata, const std::string& data_type) {
    files.change_ms(with_count(count, nodata, data_type));
    return read_ms(files.open()).invalid();
  };
  CHECK(holes(-32768, -32768, "Int16") == 1);
  CHECK(holes(-2147483648.0f, -2147483648.0, "Int32") == 1);
  CHECK(holes(0.1f, 0.1, "Float32") == 1);
  CHECK(holes(0.1f, 0.1, "Float64") == 0);  // 0.1f is not 0.1
  CHECK(holes(-9999, -9999, "Float64") == 1);
  CHECK(holes(std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest(), "Float32") == 1);
  CHECK(holes(not_a_number, not_a_number, "Float32") == 1);
  CHECK(holes(not_a_number, -9999, "Float32") == 1);
  CHECK(holes(0, -9999, "UInt16") == 0);
  CHECK(holes(65535, 65536, "UInt16") == 0);
  CHECK(holes(1, 0.5, "UInt16") == 0);
}

TEST_CASE("NaN and infinity in float scenes are nodata, even with ignore_nodata", "[scene]") {
  SceneCase files;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float count : {not_a_number, infinity, -infinity})
    for (const bool ignore : {false, true}) {
      CAPTURE(count, ignore);
      files.change_ms(with_count(count, std::nullopt, "Float32"));
      files.options.ignore_nodata = ignore;
      const Scene scene = files.open();
      check_hole(read_ms(scene));
      CHECK(std::isnan(scene.output.bands[0].nodata.value()));
      CHECK(scene.output_nodata_chosen);
    }
}

TEST_CASE("the user's nodata value replaces the files' values", "[scene]") {
  SceneCase files;
  files.change_ms(with_count(7, 9));
  files.change_pan([](Tensor<float>& counts, RasterInfo&) { counts.mutable_data()[3 * 119 + 4] = 7; });
  CHECK(read_ms(files.open()).invalid() == 0);
  files.options.nodata = 7;
  const Scene scene = files.open();
  check_hole(read_ms(scene));
  check_hole(read_pan(scene));
  CHECK(scene.output.bands[1].nodata == 7);
  files.options.nodata = 9;
  CHECK(read_ms(files.open()).invalid() == 0);

  files.change_ms(with_count(0.1f, std::nullopt, "Float32"));
  files.options.nodata = 0.1;  // not equal to 0.1f
  CHECK(read_ms(files.open()).invalid() == 1);
}

TEST_CASE("ignored nodata is read as counts", "[scene]") {
  SceneCase files;
  files.change_ms(with_count(7, 7));
  files.options.ignore_nodata = true;
  const Scene scene = files.open();
  CHECK(read_ms(scene).invalid() == 0);
  CHECK(read_ms(scene).values(0, 3, 4, 1) == Approx(7 / SceneCase::max_val));
  CHECK_FALSE(scene.output.bands[1].nodata);
}

TEST_CASE("a mask file beside the image applies, for PAN and MS", "[scene]") {
  SceneCase files;
  RasterInfo info = {.data_type = "Byte"};
  info.metadata = {{"INTERNAL_MASK_FLAGS_1", "2"},
                   {"INTERNAL_MASK_FLAGS_2", "2"},
                   {"INTERNAL_MASK_FLAGS_3", "2"},
                   {"INTERNAL_MASK_FLAGS_4", "2"}};
  write_mask(files.ms + ".msk", scene_ms_grid(), 255, info);
  write_mask(files.pan + ".msk", files.pan_grid(), 255, info);
  const Scene scene = files.open();
  check_hole(read_ms(scene));
  check_hole(read_pan(scene));
  CHECK(scene.output.bands[0].nodata == 0);
  CHECK(scene.output_nodata_chosen);
  files.options.ignore_nodata = true;
  CHECK(read_ms(files.open()).invalid() + read_pan(files.open()).invalid() == 0);
  CHECK_FALSE(files.open().output.bands[0].nodata);
  CHECK_FALSE(files.open().output_nodata_chosen);
}

TEST_CASE("a mask inside the file applies", "[scene]") {
  SceneCase files;
  CPLSetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES");
  GDALDataset* dataset = GDALDataset::Open(files.ms.c_str(), GDAL_OF_RASTER | GDAL_OF_UPDATE);
  REQUIRE(dataset != nullptr);
  std::vector<std::uint8_t> mask(60 * 50, 255);
  mask[3 * 60 + 4] = 0;
  REQUIRE(dataset->CreateMaskBand(GMF_PER_DATASET) == CE_None);
  REQUIRE(dataset->GetRasterBand(1)->GetMaskBand()->RasterIO(GF_Write, 0, 0, 60, 50, mask.data(), 60, 50, GDT_Byte, 0,
                                                             0, nullptr) == CE_None);
  GDALClose(dataset);
  CPLSetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", nullptr);
  CHECK_FALSE(std::filesystem::exists(files.ms + ".msk"));
  check_hole(read_ms(files.open()));
}

TEST_CASE("masks inside an image apply, one for all bands or one for each", "[scene]") {
  SceneCase files;
  write_mask(files.at("mask.tif"), scene_ms_grid(), 255, {.data_type = "Byte"});
  const std::string mask =
      "<MaskBand><VRTRasterBand dataType=\"Byte\">" + simple_source("mask.tif", 1) + "</VRTRasterBand></MaskBand>";
  files.put("all.vrt", ms_vrt(mask));
  files.put("each.vrt", ms_vrt("", mask));
  files.ms = files.at(GENERATE(std::string("all.vrt"), std::string("each.vrt")));
  check_hole(read_ms(files.open()));
}

TEST_CASE("the nodata values of a whole image mark pixels that match all of them", "[scene]") {
  SceneCase files;
  files.change_ms([](Tensor<float>& counts, RasterInfo&) {
    for (int band = 0; band < 4; ++band) counts.mutable_data()[(3 * 60 + 4) * 4 + band] = static_cast<float>(band + 1);
    counts.mutable_data()[(9 * 60 + 9) * 4] = 1;
  });
  files.put("values.vrt", ms_vrt("<Metadata><MDI key=\"NODATA_VALUES\">1 2 3 4</MDI></Metadata>"));
  files.ms = files.at("values.vrt");
  check_hole(read_ms(files.open()));
  CHECK(files.open().output.metadata.empty());
}

TEST_CASE("an alpha band is a mask where it is 0, and an image band only if named", "[scene]") {
  SceneCase files;
  const float full = GENERATE(1.0f, 255.0f);
  files.change_ms(
      [&](Tensor<float>& counts, RasterInfo& info) {
        info.bands.resize(5);
        info.bands[4].color_interpretation = "Alpha";
        for (int i = 0; i < 50 * 60; ++i) counts.mutable_data()[5 * i + 4] = i == 3 * 60 + 4 ? 0 : full;
      },
      5);
  Scene scene = files.open();
  CHECK(scene.source.geometry.bands == 4);
  check_hole(read_ms(scene));
  CHECK(scene.output_nodata_chosen);
  files.wanted = {.count = 1, .max_val = 40000};
  files.ms += ",band=5";
  scene = files.open();
  CHECK(read_ms(scene).invalid() == 0);
  CHECK(read_ms(scene).values(0, 0, 0, 0) == Approx(full / 40000));

  files.ms = files.at("alpha.tif");
  files.wanted.count = 0;
  write_ground(files.ms, scene_ms_grid(), 1, 1,
               [](Tensor<float>&, RasterInfo& info) { info.bands = {{.color_interpretation = "Alpha"}}; });
  CHECK_THAT(files.error(ErrorKind::data), contains("no band but alpha"));
}

TEST_CASE("an output has a given or inherited nodata value, or a chosen one if pixels may be invalid", "[scene]") {
  SceneCase files;
  const auto nodata = [&](std::optional<double> ms, std::optional<double> pan,
                          std::optional<std::string> data_type = {}) -> std::string {
    files.change_ms([=](Tensor<float>&, RasterInfo& info) { info.bands.assign(4, {.nodata = ms}); });
    files.change_pan([=](Tensor<float>&, RasterInfo& info) { info.bands = {{.nodata = pan}}; });
    files.options.data_type = data_type;
    const Scene scene = files.open();
    for (const RasterBand& band : scene.output.bands) CHECK(band.nodata == scene.output.bands[0].nodata);
    const std::optional<double> value = scene.output.bands[0].nodata;
    return value ? concat(*value) : "none";
  };
  CHECK(nodata(std::nullopt, std::nullopt) == "none");
  CHECK(nodata(7, 9) == "7");
  CHECK(nodata(std::nullopt, 9) == "9");
  CHECK(nodata(300, 9, "Byte") == "9");
  CHECK(nodata(300, 900, "Byte") == "0");
  CHECK(files.open().output_nodata_chosen);
  CHECK(nodata(-9999, std::nullopt) == "none");  // outside UInt16, so no pixel has it
  CHECK(nodata(-9999, std::nullopt, "Int16") == "-9999");
  files.options.nodata = 5;
  CHECK(nodata(7, 9) == "5");
  CHECK_FALSE(files.open().output_nodata_chosen);
  files.options.nodata = 65535;
  CHECK(nodata(7, 9, "Byte") == "0");
  CHECK(files.open().output_nodata_chosen);
}

TEST_CASE("bands with different nodata values are read with their own and written with one", "[scene]") {
  SceneCase files;
  const std::string other = files.at("other.tif");
  files.change_ms(with_count(7, 7));
  write_ground(other, scene_ms_grid(), 1, SceneCase::max_val, [](Tensor<float>& counts, RasterInfo& info) {
    info.bands = {{.nodata = 9}};
    counts.mutable_data()[0] = 9;
    counts.mutable_data()[1] = 7;
  });
  files.options.bands = {5, 1, 2, 3};
  const Scene scene = open_scene(files.pan, {files.ms, other}, files.wanted, files.options);
  const ScenePixels pixels = read_ms(scene);
  CHECK(pixels.invalid() == 2);
  CHECK_FALSE(pixels.valid_at(0, 0));
  CHECK_FALSE(pixels.valid_at(3, 4));
  for (const RasterBand& band : scene.output.bands) CHECK(band.nodata == 9);
}
