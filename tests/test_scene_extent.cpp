#include <cmath>

#include "premix/infer/baselines/classical.hpp"
#include "premix/infer/resample.hpp"
#include "premix/infer/sharpener/scene_sharpener.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scene_case.hpp"

// The extent of a product: its pixels and their position.

using namespace premix;
using namespace premix::testing;

namespace {

// A PAN that begins 300 m outside the MS and ends far outside it.
Grid wider_pan() { return {200, 150, {scene_west - 300, 15, 0, scene_north + 300, 0, -15}}; }

// Number of valid pixels in the fused part of a scene.
std::int64_t valid_fused_pixels(const Scene& scene) {
  std::int64_t count = 0;
  SceneSink sink;
  sink.write = [&](const Window& piece, const float*, const std::uint8_t* valid) {
    count += std::count(valid, valid + piece.height * piece.width, 1);
  };
  SceneSharpener(classical_fusion(ClassicalMethod::exp, scene.source)).run(scene.source, sink);
  return count;
}

}  // namespace

TEST_CASE("an extent of intersection contains exactly the valid fused pixels", "[scene]") {
  // Borders of the MS in the middle, on the edges and on the centres of PAN pixels.
  const double ratio = GENERATE(2.0, 4.0, 3.7), offset = GENERATE(0.0, 0.5, 0.2);
  CAPTURE(ratio, offset);
  SceneCase files;
  files.wanted.ratio = ratio;
  const double pixel = ms_metres / ratio;
  write_ground(files.pan,
               {90, 80, {scene_west - pixel * (10 + offset), pixel, 0, scene_north + pixel * (10 + offset), 0, -pixel}},
               1, SceneCase::max_val);
  const Scene whole = files.open();
  files.options.extent = Extent::intersection;
  const Scene served = files.open();
  CHECK(valid_fused_pixels(served) == served.product.height * served.product.width);
  CHECK(valid_fused_pixels(whole) == served.product.height * served.product.width);
}

TEST_CASE("a PAN beyond the MS is fused whole, or only where the MS covers it", "[scene]") {
  SceneCase files;
  write_ground(files.pan, wider_pan(), 1, SceneCase::max_val);
  const Window served = {20, 20, 100, 120};
  SECTION("none") {
    const Scene scene = files.open();
    CHECK(scene.source.geometry.part == Window{0, 0, 150, 200});
    CHECK(scene.product == scene.source.geometry.part);
    CHECK(scene.output.bands[0].nodata == 0);
    CHECK(scene.output_nodata_chosen);
    REQUIRE(scene.warnings.size() == 1);
    CHECK_THAT(scene.warnings[0].text(),
               contains("40 %") && contains("columns 20 to 139 and rows 20 to 119") && contains("intersection"));
  }
  SECTION("intersection") {
    files.options.extent = Extent::intersection;
    const Scene scene = files.open();
    CHECK(scene.source.geometry.part == served);
    CHECK(scene.product == served);
    CHECK(scene.warnings.empty());
    CHECK_FALSE(scene.output.bands[0].nodata);
    CHECK(scene.output.width == 120);
    CHECK(scene.output.height == 100);
    CHECK(scene.output.geo.geotransform == std::array<double, 6>{scene_west, 15, 0, scene_north, 0, -15});
    const Grid part = {120, 100, scene.output.geo.geotransform};
    CHECK(largest_difference(read_pan(scene, scene.source.geometry.part).values, ground(part)) < 1e-4);
    const Tensor<float> up_ms =
        ms_on_pan_grid(read_ms(scene).values, shifted(scene.source.geometry.map, scene.source.geometry.part), 100, 120);
    CHECK(largest_difference(inside(up_ms, 6), inside(ground(part, 4), 6)) < 1e-3);
  }
  SECTION("union, equal to the PAN") {
    files.options.extent = Extent::union_;
    CHECK(files.open().product == Window{0, 0, 150, 200});
  }
}

TEST_CASE("the union continues the PAN's grid over the MS", "[scene]") {
  SceneCase files;
  files.options.extent = Extent::union_;
  write_ground(files.pan, cropped(files.pan_grid(), {10, 20, 50, 60}), 1, SceneCase::max_val);
  const Scene scene = files.open();
  CHECK(scene.source.geometry.part == Window{0, 0, 50, 60});
  CHECK(scene.product == Window{-11, -21, 101, 121});  // the MS's 100 x 120 and half a pixel on each side
  CHECK(scene.output.width == 121);
  CHECK(scene.output.height == 101);
  CHECK(scene.output.geo.geotransform == std::array<double, 6>{scene_west - 7.5, 15, 0, scene_north + 7.5, 0, -15});
  CHECK(scene.output.bands[0].nodata == 0);
  CHECK_THAT(scene.warnings.at(0).text(), contains("24.5479 %"));

  files.options.srcwin = Window{-5, 0, 20, 30};
  CHECK(files.open().product == Window{-5, 0, 20, 30});
  CHECK(files.open().source.geometry.part == Window{0, 0, 15, 30});
  files.options.srcwin = Window{-8, 0, 8, 30};
  CHECK_THAT(files.error(ErrorKind::usage), contains("no ground"));
}

TEST_CASE("the union of images of the same extent is the PAN", "[scene]") {
  SceneCase files(4, Alignment::edges);
  files.options.extent = Extent::union_;
  const Scene scene = files.open();
  CHECK(scene.product == scene.source.geometry.part);
  CHECK_FALSE(scene.output.bands[0].nodata);
}

TEST_CASE("projwin selects the same pixels as gdal_translate", "[scene]") {
  SceneCase files;
  const auto& g = files.pan_grid().geotransform;
  const auto box = [&](double left, double top, double right, double bottom) {
    files.options.projwin = GroundBox{g[0] + 15 * left, g[3] - 15 * top, g[0] + 15 * right, g[3] - 15 * bottom};
    return files.open().product;
  };
  CHECK(box(30, 20, 60, 50) == Window{20, 30, 30, 30});
  CHECK(box(30.3, 20.8, 60.9, 50.2) == Window{20, 30, 29, 31});  // starts within a pixel; size rounded from 30.6 x 29.4
  CHECK(box(29.9995, 20, 60, 50) == Window{20, 30, 30, 30});     // differs by rounding
  CHECK(box(60, 50, 30, 20) == Window{20, 30, 30, 30});          // corners swapped

  const Scene scene = files.open();
  CHECK(scene.source.geometry.part == scene.product);
  CHECK(scene.source.geometry.map.columns.offset == 0);  // relative to the whole PAN
  CHECK(scene.output.geo.geotransform == std::array<double, 6>{g[0] + 450, 15, 0, g[3] - 300, 0, -15});
  const Grid part = {30, 30, scene.output.geo.geotransform};
  CHECK(largest_difference(read_pan(scene, scene.source.geometry.part).values, ground(part)) < 1e-4);
}

TEST_CASE("windows are clipped to the product with a warning, and refused outside it", "[scene]") {
  SceneCase files;
  files.options.srcwin = Window{90, 100, 20, 30};
  const Scene scene = files.open();
  CHECK(scene.product == Window{90, 100, 9, 19});
  CHECK_THAT(scene.warnings.at(0).text(), contains("columns 100 to 118 and rows 90 to 98"));
  files.options.srcwin = Window{99, 0, 20, 30};
  CHECK_THAT(files.error(ErrorKind::usage), contains("outside the product") && contains("rows 99 to 118"));
  files.options.srcwin = Window{0, 0, 0, 30};
  CHECK_THAT(files.error(ErrorKind::usage), contains("empty"));
  files.options.srcwin = Window{0, 0, 10, 30};
  files.options.projwin = GroundBox{};
  CHECK_THAT(files.error(ErrorKind::usage), contains("projwin and srcwin"));
  files.options.srcwin.reset();
  CHECK_THAT(files.error(ErrorKind::usage), contains("empty"));

  files.options.projwin = GroundBox{scene_west + 100, scene_north - 100, scene_west + 500, scene_north - 500};
  files.change_pan(
      [](Tensor<float>&, RasterInfo& info) { info.geo.geotransform[2] = info.geo.geotransform[4] = 1e-3; });
  CHECK_THAT(files.error(ErrorKind::usage), contains("srcwin"));
  files.change_pan([](Tensor<float>&, RasterInfo& info) { info.geo = {}; });
  files.options.assume_aligned = Alignment::edges;
  CHECK_THAT(files.error(ErrorKind::usage), contains("no geotransform, which projwin needs"));
}

TEST_CASE("a window can be fully covered by the MS where the whole PAN is not", "[scene]") {
  SceneCase files;
  write_ground(files.pan, wider_pan(), 1, SceneCase::max_val);
  files.options.srcwin = Window{30, 30, 40, 40};
  CHECK_FALSE(files.open().output.bands[0].nodata);
  CHECK(files.open().warnings.empty());
  files.options.srcwin = Window{0, 0, 19, 19};
  CHECK_THAT(files.error(ErrorKind::usage), contains("no ground"));
}

TEST_CASE("the range check covers only the counts of the window, in PAN and MS", "[scene]") {
  SceneCase files;
  files.change_ms(
      [](Tensor<float>& counts, RasterInfo&) { std::fill_n(counts.mutable_data(), 60 * 4 * 5, 65535.0f); });  // 5 rows
  files.change_pan(
      [](Tensor<float>& counts, RasterInfo&) { std::fill_n(counts.mutable_data(), 119 * 9, 65535.0f); });  // 9 rows
  CHECK_THAT(files.error(ErrorKind::data), contains("max_val"));
  files.options.srcwin = Window{10, 0, 89, 119};
  CHECK_NOTHROW(files.open());
  files.options.srcwin = Window{8, 0, 1, 119};
  CHECK_THAT(files.error(ErrorKind::data), contains(files.ms) && contains("100 %"));
}

TEST_CASE("another map sets a nodata value if the MS no longer covers all pixels", "[scene]") {
  SceneCase files(4, Alignment::edges);
  Scene scene = files.open();
  GridMap map = scene.source.geometry.map;
  map.columns.offset += 0.1;
  use_map(scene, map);
  CHECK(scene.source.geometry.map.columns.offset == map.columns.offset);
  CHECK_FALSE(scene.output.bands[0].nodata);  // the centres of the last column lie 0.025 MS pixels inside
  map.columns.offset += 0.1;
  use_map(scene, map);
  CHECK(scene.output.bands[3].nodata == 0);
  CHECK(scene.output_nodata_chosen);

  files.change_ms([](Tensor<float>&, RasterInfo& info) { info.bands.assign(4, {.nodata = 7}); });
  scene = open_scene(files.pan, {files.ms}, files.wanted);
  use_map(scene, map);
  CHECK(scene.output.bands[3].nodata == 7);
  CHECK_FALSE(scene.output_nodata_chosen);
}

TEST_CASE("the PAN's RPCs and ground control points are copied to a product, shifted with its window", "[scene]") {
  SceneCase files;
  files.options.assume_aligned = Alignment::centres;
  files.options.srcwin = Window{20, 30, 40, 50};
  const auto strip = [](Tensor<float>&, RasterInfo& info) { info.geo = {}; };
  files.change_ms(strip);
  files.change_pan(strip);
  files.put("pan.vrt",
            "<VRTDataset rasterXSize=\"119\" rasterYSize=\"99\"><GCPList Projection=\"EPSG:4326\">"
            "<GCP Id=\"a\" Pixel=\"32.5\" Line=\"20\" X=\"1\" Y=\"2\"/></GCPList>"
            "<Metadata domain=\"RPC\"><MDI key=\"LINE_OFF\">49.25</MDI><MDI key=\"SAMP_OFF\">59</MDI>"
            "<MDI key=\"LINE_SCALE\">50</MDI></Metadata><VRTRasterBand dataType=\"UInt16\" band=\"1\"><SimpleSource>"
            "<SourceFilename relativeToVRT=\"1\">pan.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>");
  files.pan = files.at("pan.vrt");
  const GeoReference geo = files.open().output.geo;
  CHECK_FALSE(geo.has_geotransform);
  CHECK(std::stod(geo.rpc.at("LINE_OFF")) == 29.25);
  CHECK(std::stod(geo.rpc.at("SAMP_OFF")) == 29);
  CHECK(geo.rpc.at("LINE_SCALE") == "50");
  REQUIRE(geo.gcps.size() == 1);
  CHECK(geo.gcps[0].column == 2.5);
  CHECK(geo.gcps[0].row == 0);
  CHECK(geo.gcps[0].x == 1);
  CHECK(geo.gcps[0].id == "a");
  CHECK_THAT(geo.gcp_crs_wkt, contains("WGS 84"));
}
