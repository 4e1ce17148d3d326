#include <cmath>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scene_case.hpp"

// Refused scenes. Every message contains the remedy.

using namespace premix;
using namespace premix::testing;

namespace {

std::string vrt(const std::string& data_type, const std::string& inside) {
  return "<VRTDataset rasterXSize=\"119\" rasterYSize=\"99\">" + inside + "<VRTRasterBand dataType=\"" + data_type +
         "\" band=\"1\"></VRTRasterBand></VRTDataset>";
}

}  // namespace

TEST_CASE("scene files that do not match are an error with a remedy", "[scene]") {
  SceneCase files;
  SECTION("other ground") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) { info.geo.geotransform[0] += 1e5; });
    CHECK_THAT(files.error(ErrorKind::data), contains("no ground in common"));
  }
  SECTION("another CRS") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) {
      std::string& wkt = info.geo.crs_wkt;
      wkt.replace(wkt.find("zone 16N"), 8, "zone 17N");
      wkt.replace(wkt.find("-87"), 3, "-81");
      wkt.replace(wkt.find("32616"), 5, "32617");
    });
    CHECK_THAT(files.error(ErrorKind::data), contains("EPSG:32617") && contains("gdalwarp -t_srs EPSG:32616"));
  }
  SECTION("no CRS in one of them") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) { info.geo.crs_wkt.clear(); });
    CHECK_THAT(files.error(ErrorKind::data), contains("no CRS") && contains("-a_srs"));
  }
  SECTION("rotated against each other") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) { info.geo.geotransform[2] = 3; });
    CHECK_THAT(files.error(ErrorKind::data), contains(files.ms) && contains("not parallel") && contains("gdalwarp"));
  }
  SECTION("another ratio") {
    files.wanted.ratio = 2.05;
    CHECK_THAT(files.error(ErrorKind::data), contains("allow_ratio"));
    files.options.allow_ratio = true;
    CHECK_NOTHROW(files.open());
    files.options.allow_ratio = false;
    files.wanted.ratio = 2.03;
    CHECK_NOTHROW(files.open());
    files.wanted.ratio = std::nullopt;
    CHECK_NOTHROW(files.open());
  }
  SECTION("PAN of several bands") {
    std::swap(files.pan, files.ms);
    CHECK_THAT(files.error(ErrorKind::data), contains(",band=1"));
  }
  SECTION("too few bands") {
    files.ms += ",band=2";
    CHECK_THAT(files.error(ErrorKind::data), contains("Set bands"));
  }
  SECTION("a missing band") {
    files.ms += ",band=5";
    CHECK_THAT(files.error(ErrorKind::data), contains("no band 5"));
    files.ms += "x";
    CHECK_THAT(files.error(ErrorKind::usage), contains("5x"));
  }
  SECTION("no range, and no positive counts to measure one") {
    files.wanted.max_val = 0;
    const ChangeRaster darken = [](Tensor<float>& counts, RasterInfo&) {
      std::fill_n(counts.mutable_data(), counts.size(), 0.0f);
    };
    files.change_ms(darken);
    files.change_pan(darken);
    CHECK_THAT(files.error(ErrorKind::data), contains("value range unknown") && contains("Set max_val"));
  }
  SECTION("complex pixels") {
    files.put("complex.vrt",
              vrt("CFloat32", "<GeoTransform>543982.5, 15, 0, 1378987.5, 0, -15</GeoTransform><SRS>EPSG:32616</SRS>"));
    files.pan = files.at("complex.vrt");
    CHECK_THAT(files.error(ErrorKind::data), contains("complex.vrt: band 1 is complex"));
  }
  SECTION("files of different grids") {
    const std::string other = files.at("other.tif");
    const auto error = [&] {
      return message_of(ErrorKind::data, [&] { open_scene(files.pan, {files.ms, other}, files.wanted); });
    };
    write_ground(other, cropped(scene_ms_grid(), {1, 0, 50, 60}), 1, SceneCase::max_val);
    CHECK_THAT(error(), contains(other) && contains("1 rows against") && contains("share one grid"));
    write_ground(other, cropped(scene_ms_grid(), {0, 0, 49, 60}), 1, SceneCase::max_val);
    CHECK_THAT(error(), contains("60 x 49 pixels") && contains("share one grid"));
    write_ground(other, scene_ms_grid(), 1, SceneCase::max_val,
                 [](Tensor<float>&, RasterInfo& info) { info.geo.crs_wkt.clear(); });
    CHECK_THAT(error(), contains("georeference"));
  }
  SECTION("files of different types") {
    const std::string other = files.at("other.tif");
    write_ground(other, scene_ms_grid(), 1, SceneCase::max_val,
                 [](Tensor<float>&, RasterInfo& info) { info.data_type = "Float32"; });
    files.options.bands = {1, 2, 3, 5};
    const auto open = [&] { return open_scene(files.pan, {files.ms, other}, files.wanted, files.options); };
    CHECK_THAT(message_of(ErrorKind::usage, [&] { open(); }), contains("Float32") && contains("data_type"));
    files.options.data_type = "UInt16";
    CHECK(open().output.data_type == "UInt16");
  }
  SECTION("nodata both set and ignored") {
    files.options.nodata = 0;
    files.options.ignore_nodata = true;
    CHECK_THAT(files.error(ErrorKind::usage), contains("ignore_nodata"));
  }
}

TEST_CASE("images in sensor geometry are refused with the commands that georeference them", "[scene]") {
  SceneCase files;
  const std::string rpc = "<Metadata domain=\"RPC\"><MDI key=\"LINE_OFF\">1</MDI></Metadata>";
  files.put("rpc.vrt", vrt("UInt16", rpc));
  files.put("gcp.vrt",
            vrt("UInt16",
                "<GCPList Projection=\"EPSG:4326\"><GCP Id=\"1\" Pixel=\"0\" Line=\"0\" X=\"1\" Y=\"2\"/></GCPList>"));
  files.pan = files.at("rpc.vrt");
  CHECK_THAT(files.error(ErrorKind::data), contains(files.pan + ": no geotransform, only RPCs") &&
                                               contains("gdalwarp -rpc -t_srs EPSG:32616 -r cubic " + files.pan) &&
                                               contains("otbcli_Superimpose -inr " + files.pan + " -inm " + files.ms) &&
                                               contains("assume_aligned = edges"));
  files.pan = files.at("gcp.vrt");
  CHECK_THAT(files.error(ErrorKind::data), contains("only GCPs") && contains("gdalwarp -tps"));
}

TEST_CASE("images without geotransform are aligned by the user's option", "[scene]") {
  SceneCase files;
  const auto strip = [](Tensor<float>&, RasterInfo& info) { info.geo = {}; };
  files.change_ms(strip);
  files.change_pan(strip);
  CHECK_THAT(files.error(ErrorKind::data), contains("no geotransform") && contains("assume_aligned = edges"));
  files.options.assume_aligned = Alignment::centres;
  CHECK(files.open().source.geometry.map.columns.offset == 0);
  CHECK(files.open().source.geometry.map.columns.scale == 0.5);
  CHECK_FALSE(files.open().output.geo.has_geotransform);
  files.options.assume_aligned = Alignment::edges;
  CHECK(files.open().source.geometry.map.columns.scale == Approx(60.0 / 119.0));
}

TEST_CASE("counts out of range in more than 0.1 % of the pixels are refused before reading", "[scene]") {
  SceneCase files;
  const auto spoil = [&](int pixels, float count) {
    files.change_ms([=](Tensor<float>& counts, RasterInfo& info) {
      info.data_type = "Float32";
      for (int i = 0; i < pixels; ++i) counts.mutable_data()[4 * i + 1] = count;
    });
  };
  spoil(3, 60000);  // of 3000
  CHECK_NOTHROW(files.open());
  spoil(4, 60000);
  CHECK_THAT(files.error(ErrorKind::data), contains(files.ms) && contains("max_val") && contains("allow_range") &&
                                               contains("band 2") && contains("60000"));
  spoil(4, -1);
  CHECK_THAT(files.error(ErrorKind::data), contains("max_val") && contains("-1"));
  files.options.allow_range = true;
  CHECK(read_ms(files.open()).values(0, 0, 0, 1) == Approx(-1 / SceneCase::max_val));
  files.options.allow_range = false;
  files.wanted = {.needs_range = false};
  CHECK_NOTHROW(files.open());
}

TEST_CASE("the range of a PAN is checked without its invalid pixels", "[scene]") {
  SceneCase files;
  files.change_pan([](Tensor<float>& counts, RasterInfo& info) {
    std::fill_n(counts.mutable_data(), 600, 65535.0f);
    info.bands = {{.nodata = 65535}};
  });
  files.wanted.scale.assign(5, 1.0 / 35000);
  files.wanted.offset.assign(5, -1.0 / 7);  // 5000 to 40000
  CHECK_NOTHROW(files.open());
  files.options.ignore_nodata = true;
  CHECK_THAT(files.error(ErrorKind::data), contains(files.pan) && contains("max_val"));
}

TEST_CASE("the range of a large image is checked in a few windows spread over it", "[scene]") {
  SceneCase files;
  files.options.assume_aligned = Alignment::edges;
  const Grid grid = {2000, 2000, {}};
  const auto pan_with = [&](std::int64_t first_row, std::int64_t rows) {
    write_raster(files.pan,
                 image_of<float>({1, grid.height, grid.width, 1},
                                 [&](auto, auto row, auto, auto) {
                                   return row >= first_row && row < first_row + rows ? 50000 : 20000;
                                 }),
                 {.data_type = "UInt16"}, {.existing = Existing::replace});
  };
  files.wanted.ratio = std::nullopt;
  pan_with(0, 100);  // the first checked rows are 186 to 313
  CHECK_NOTHROW(files.open());
  pan_with(0, 300);
  CHECK_THAT(files.error(ErrorKind::data), contains(files.pan) && contains("50000"));
  pan_with(1700, 300);
  CHECK_THAT(files.error(ErrorKind::data), contains("50000"));
}
