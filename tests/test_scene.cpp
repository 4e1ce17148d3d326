#include "premix/infer/scene.hpp"

#include <cmath>

#include "premix/infer/fuse.hpp"
#include "premix/io/product.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scene_files.hpp"
#include "support/scratch.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

constexpr double max_val = 40000;

// A scene of four MS bands in a fresh folder, and weights that fit it. Tests spoil one thing of it.
struct Files {
  ScratchFolder folder;
  std::string pan = (folder / "pan.tif").string(), ms = (folder / "ms.tif").string();
  PreMixConfig config = {.bands = 4, .embed_dim = 4};
  WeightsInfo info;
  SceneOptions options;

  explicit Files(double ratio = 2, Alignment alignment = Alignment::centres) {
    info.bands = {"blue", "green", "red", "nir"}, info.max_val = max_val, info.ratio = ratio;
    const Grid grid = scene_ms_grid();
    write_ground(ms, grid, 4, max_val);
    write_ground(pan, scene_pan_grid(grid, ratio, alignment), 1, max_val);
  }

  void change_ms(const ChangeRaster& change) { write_ground(ms, scene_ms_grid(), 4, max_val, change); }
  void change_pan(const ChangeRaster& change) {
    write_ground(pan, scene_pan_grid(scene_ms_grid(), info.ratio, Alignment::centres), 1, max_val, change);
  }
  Scene read() const { return read_scene(pan, {ms}, config, info, options); }
  std::string error(ErrorKind kind) const {
    return message_of(kind, [&] { read(); });
  }
};

void write_whole(const std::string& out, const Tensor<float>& fused, const Scene& scene) {
  ProductWriter product(out, scene.output, scene.ranges);
  product.write({0, 0, fused.shape().h, fused.shape().w}, fused.data(), nullptr);
  product.finish();
}

Tensor<float> inside(const Tensor<float>& image, std::int64_t border) {
  return crop(image, {border, border, image.shape().h - 2 * border, image.shape().w - 2 * border});
}

}  // namespace

TEST_CASE("the MS of a scene comes to the PAN's pixels within a thousandth", "[scene]") {
  const double ratio = GENERATE(2.0, 4.0, 3.7);
  const Alignment alignment = GENERATE(Alignment::edges, Alignment::centres);
  CAPTURE(ratio, alignment == Alignment::centres);
  const Files files(ratio, alignment);
  const Grid pan = scene_pan_grid(scene_ms_grid(), ratio, alignment);
  Scene scene = files.read();
  const auto border = static_cast<std::int64_t>(std::ceil(2 * ratio));  // where all taps lie inside the MS
  const Tensor<float> up_ms = ms_on_pan_grid(scene.ms, scene.map, pan.height, pan.width);
  CHECK(largest_difference(inside(up_ms, border), inside(ground(pan, 4), border)) < 1e-3);
  CHECK(largest_difference(scene.pan, ground(pan)) < 1e-4);
}

TEST_CASE("a fused scene is written on the PAN's grid with the MS's bands and type", "[scene]") {
  Files files;
  files.change_ms([](Tensor<float>&, RasterInfo& info) {
    info.bits = 16;
    info.bands = {{.description = "NIR", .nodata = 0}, {.description = "Red"}, {.description = "Green"}, {.description = "Blue"}};
    info.bands[1].color_interpretation = "Red", info.bands[2].scale = 0.5;
  });
  Scene scene = files.read();
  CHECK(scene.matched_by == MatchedBy::name);
  const std::string out = (files.folder / "out.tif").string();
  scene.output.metadata["PREMIX_WEIGHTS"] = "w.safetensors";
  write_whole(out, ms_on_pan_grid(scene.ms, scene.map, scene.pan.shape().h, scene.pan.shape().w), scene);

  const RasterInfo written = read_raster_info(out), pan = read_raster_info(files.pan);
  CHECK(written.width == pan.width);
  CHECK(written.height == pan.height);
  CHECK(written.geo.geotransform == pan.geo.geotransform);
  CHECK(written.geo.crs_wkt == pan.geo.crs_wkt);
  CHECK(written.data_type == "UInt16");
  CHECK(written.metadata.at("PREMIX_WEIGHTS") == "w.safetensors");
  std::vector<std::string> names;
  for (const RasterBand& band : written.bands) names.push_back(band.description + '/' + band.color_interpretation);
  CHECK(names == std::vector<std::string>{"Blue/Blue", "Green/Green", "Red/Red", "NIR/Undefined"});
  CHECK(written.bands[1].scale == 0.5);
  CHECK(written.bands[3].nodata == 0);

  const Tensor<float> counts = read_raster(out);
  CHECK(std::abs(counts(0, 40, 50, 0) - max_val * ground(scene_pan_grid(scene_ms_grid(), 2, Alignment::centres), 4)(0, 40, 50, 3)) < 41);
}

TEST_CASE("bands without a colour get that of their name, the file's before the weights'", "[scene]") {
  Files files;
  files.change_ms([](Tensor<float>&, RasterInfo& info) { info.bands.assign(4, {.description = "Red", .color_interpretation = "Gray"}); });
  files.options.bands = {1, 2, 3, 4};
  CHECK(files.read().output.bands[0].color_interpretation == "Red");
  files.change_ms({});
  CHECK(files.read().output.bands[0].color_interpretation == "Blue");
  CHECK(files.read().output.bands[3].color_interpretation == "Undefined");
}

TEST_CASE("MS bands come from several files, in the weights' order", "[scene]") {
  Files files;
  const std::string one = (files.folder / "one.tif").string();
  files.change_ms([](Tensor<float>& counts, RasterInfo&) {
    for (std::int64_t i = 0; i < counts.size(); ++i) counts.mutable_data()[i] = static_cast<float>(100 * (i % 4 + 1));
  });
  write_ground(one, scene_ms_grid(), 1, max_val,
               [](Tensor<float>& counts, RasterInfo&) { counts = Tensor<float>::full(counts.shape(), 900); });
  const auto first_pixel = [&](const std::vector<std::string>& ms, std::vector<int> bands) {
    files.options.bands = bands;
    const Scene scene = read_scene(files.pan, ms, files.config, files.info, files.options);
    std::vector<double> counts;
    for (int band = 0; band < 4; ++band) counts.push_back(std::round(scene.ms(0, 0, 0, band) * max_val));
    return counts;
  };
  CHECK(first_pixel({files.ms}, {}) == std::vector<double>{100, 200, 300, 400});
  CHECK(first_pixel({files.ms}, {4, 3, 2, 1}) == std::vector<double>{400, 300, 200, 100});
  CHECK(first_pixel({one, files.ms}, {1, 3, 4, 5}) == std::vector<double>{900, 200, 300, 400});
  CHECK(first_pixel({files.ms + ",band=3", one, files.ms + ",band=1", files.ms + ",band=2"}, {}) ==
        std::vector<double>{300, 900, 100, 200});
}

TEST_CASE("a PAN beyond the MS is an error unless the common part is asked for", "[scene]") {
  Files files;
  const Grid wider = {200, 150, {scene_west - 300, 15, 0, scene_north + 300, 0, -15}};
  write_ground(files.pan, wider, 1, max_val);
  CHECK_THAT(files.error(ErrorKind::data), contains("--extent=common"));
  files.options.extent = Extent::common;
  const Scene scene = files.read();
  CHECK(scene.pan.shape() == Shape{1, 102, 122, 1});  // 100 x 120 and half an MS pixel on each side
  CHECK(scene.output.geo.geotransform == std::array<double, 6>{scene_west - 15, 15, 0, scene_north + 15, 0, -15});
  const Grid part = {122, 102, scene.output.geo.geotransform};
  CHECK(largest_difference(scene.pan, ground(part)) < 1e-4);
  CHECK(largest_difference(inside(ms_on_pan_grid(scene.ms, scene.map, 102, 122), 6), inside(ground(part, 4), 6)) < 1e-3);
}

TEST_CASE("images without geotransform are aligned as the user says", "[scene]") {
  Files files;
  const auto strip = [](Tensor<float>&, RasterInfo& info) { info.geo = {}; };
  files.change_ms(strip), files.change_pan(strip);
  CHECK_THAT(files.error(ErrorKind::data), contains("no geotransform") && contains("--assume-aligned=edges"));
  files.options.assume_aligned = Alignment::centres;
  CHECK(files.read().map.columns.offset == 0);
  CHECK(files.read().map.columns.scale == 0.5);
  CHECK_FALSE(files.read().output.geo.has_geotransform);
  files.options.assume_aligned = Alignment::edges;
  CHECK(files.read().map.columns.scale == Approx(60.0 / 119.0));
}

TEST_CASE("what does not fit is a data error that says what to do", "[scene]") {
  Files files;
  SECTION("other ground") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) { info.geo.geotransform[0] += 1e5; });
    CHECK_THAT(files.error(ErrorKind::data), contains("no ground in common"));
  }
  SECTION("another CRS") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) {
      std::string& wkt = info.geo.crs_wkt;
      wkt.replace(wkt.find("zone 16N"), 8, "zone 17N"), wkt.replace(wkt.find("-87"), 3, "-81"), wkt.replace(wkt.find("32616"), 5, "32617");
    });
    CHECK_THAT(files.error(ErrorKind::data), contains("EPSG:32617") && contains("gdalwarp -t_srs EPSG:32616"));
  }
  SECTION("no CRS in one of them") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) { info.geo.crs_wkt.clear(); });
    CHECK_THAT(files.error(ErrorKind::data), contains("no CRS") && contains("-a_srs"));
  }
  SECTION("turned against each other") {
    files.change_ms([](Tensor<float>&, RasterInfo& info) { info.geo.geotransform[2] = 3; });
    CHECK_THAT(files.error(ErrorKind::data), contains(files.ms) && contains("not parallel") && contains("gdalwarp"));
  }
  SECTION("another ratio") {
    files.info.ratio = 2.05;
    CHECK_THAT(files.error(ErrorKind::data), contains("--allow-ratio"));
    files.options.allow_ratio = true;
    CHECK_NOTHROW(files.read());
    files.options.allow_ratio = false, files.info.ratio = 2.03;
    CHECK_NOTHROW(files.read());
  }
  SECTION("PAN of several bands") {
    std::swap(files.pan, files.ms);
    CHECK_THAT(files.error(ErrorKind::data), contains(",band=1"));
  }
  SECTION("too few bands") {
    files.ms += ",band=2";
    CHECK_THAT(files.error(ErrorKind::data), contains("-b"));
  }
  SECTION("a band that is not there") {
    files.ms += ",band=5";
    CHECK_THAT(files.error(ErrorKind::data), contains("no band 5"));
    files.ms += "x";
    CHECK_THAT(files.error(ErrorKind::usage), contains("5x"));
  }
  SECTION("no range") {
    files.info.max_val = 0;
    CHECK_THAT(files.error(ErrorKind::usage), contains("--max-val"));
  }
  SECTION("files of different grids") {
    const std::string other = (files.folder / "other.tif").string();
    write_ground(other, cropped(scene_ms_grid(), {1, 0, 50, 60}), 1, max_val);
    CHECK_THAT(message_of(ErrorKind::data,
                          [&] {
                            read_scene(files.pan, {files.ms, other}, files.config, files.info);
                          }),
               contains("share one grid"));
  }
}

TEST_CASE("counts out of range, nodata and numbers that are none are errors with their overrides", "[scene]") {
  Files files;
  const auto spoil = [&](int pixels, float count, std::optional<double> nodata = {}) {
    files.change_ms([=](Tensor<float>& counts, RasterInfo& info) {
      info.data_type = "Float32";
      info.bands.assign(4, {.nodata = nodata});
      for (int i = 0; i < pixels; ++i) counts.mutable_data()[4 * i + 1] = count;
    });
  };
  SECTION("range") {
    spoil(3, 60000);  // of 3000
    CHECK_NOTHROW(files.read());
    spoil(4, 60000);
    CHECK_THAT(files.error(ErrorKind::data), contains("--max-val") && contains("--allow-range") && contains("band 2"));
    spoil(4, -1);
    CHECK_THAT(files.error(ErrorKind::data), contains("--max-val"));
    files.options.allow_range = true;
    CHECK(files.read().ranges[1].lowest == -1);
  }
  SECTION("nodata") {
    spoil(1, 7, 7);
    CHECK_THAT(files.error(ErrorKind::data), contains("nodata (7)") && contains("--ignore-nodata"));
    files.options.ignore_nodata = true;
    CHECK_FALSE(files.read().output.bands[1].nodata);
    files.options.ignore_nodata = false;
    spoil(0, 0, 7);
    CHECK(files.read().output.bands[1].nodata == 7);
  }
  SECTION("NaN") {
    spoil(1, std::nanf(""));
    files.options.ignore_nodata = files.options.allow_range = true;
    CHECK_THAT(files.error(ErrorKind::data), contains("NaN"));
  }
}
