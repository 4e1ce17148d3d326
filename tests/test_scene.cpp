#include "premix/infer/scene/scene.hpp"

#include <cmath>
#include <thread>

#include "premix/infer/resample.hpp"
#include "premix/io/product.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scene_case.hpp"

using namespace premix;
using namespace premix::testing;

TEST_CASE("the enlarged MS of a scene matches the ground at the PAN's pixels within 0.001", "[scene]") {
  const double ratio = GENERATE(2.0, 4.0, 3.7);
  const Alignment alignment = GENERATE(Alignment::edges, Alignment::centres);
  CAPTURE(ratio, alignment == Alignment::centres);
  const SceneCase files(ratio, alignment);
  const Grid pan = scene_pan_grid(scene_ms_grid(), ratio, alignment);
  const Scene scene = files.open();
  CHECK(scene.source.geometry.part == Window{0, 0, pan.height, pan.width});
  CHECK(scene.product == scene.source.geometry.part);
  CHECK(scene.warnings.empty());
  const auto border = static_cast<std::int64_t>(std::ceil(2 * ratio));  // all taps lie inside the MS
  const Tensor<float> up_ms = ms_on_pan_grid(read_ms(scene).values, scene.source.geometry.map, pan.height, pan.width);
  CHECK(largest_difference(inside(up_ms, border), inside(ground(pan, 4), border)) < 1e-3);
  CHECK(largest_difference(read_pan(scene).values, ground(pan)) < 1e-4);
  CHECK(read_pan(scene).invalid() + read_ms(scene).invalid() == 0);
}

TEST_CASE("windows have the pixels of the whole", "[scene]") {
  const SceneCase files;
  const Scene scene = files.open();
  const Tensor<float> pan = read_pan(scene).values, ms = read_ms(scene).values;
  for (const Window& window : {Window{0, 0, 1, 1}, Window{63, 10, 3, 90}, Window{60, 1, 39, 118}})
    CHECK(same_bits(read_pan(scene, window).values, crop(pan, window)));
  for (const Window& window : {Window{49, 59, 1, 1}, Window{0, 7, 50, 3}})
    CHECK(same_bits(read_ms(scene, window).values, crop(ms, window)));
  std::vector<float> values(100);
  std::vector<std::uint8_t> valid(25);
  for (const Window& window : {Window{0, 0, 0, 5}, Window{-1, 0, 5, 5}, Window{49, 0, 2, 5}, Window{0, 59, 2, 2}})
    CHECK_THAT(message_of(ErrorKind::runtime, [&] { scene.source.read_ms(window, values.data(), valid.data()); }),
               contains("read_ms") && contains("60 x 50"));
}

TEST_CASE("a copy of a scene's reader works in another thread after the scene and its files are deleted", "[scene]") {
  ReadPixels read;
  Tensor<float> expected;
  std::vector<float> values(50 * 60 * 4);
  std::vector<std::uint8_t> valid(50 * 60);
  {
    const SceneCase files;
    const Scene scene = files.open();
    read = scene.source.read_ms;
    expected = read_ms(scene).values;
  }
  std::thread([&] { read({0, 0, 50, 60}, values.data(), valid.data()); }).join();
  CHECK(std::equal(values.begin(), values.end(), expected.data()));
}

TEST_CASE("a product has the PAN's grid, and the MS's bands, type and metadata", "[scene]") {
  SceneCase files;
  files.change_ms([](Tensor<float>&, RasterInfo& info) {
    info.bits = 16;
    info.bands = {
        {.description = "NIR", .nodata = 0}, {.description = "Red"}, {.description = "Green"}, {.description = "Blue"}};
    info.bands[1].color_interpretation = "Red";
    info.bands[2].scale = 0.5;
    info.bands[2].offset = 3;
    info.metadata = {{"SATELLITE", "Landsat-8"},    {"STATISTICS_MEAN", "7"}, {"FILE_CHECKSUM", "1"},
                     {"TIFFTAG_XRESOLUTION", "30"}, {"NBITS", "16"},          {"LINE_OFF", "25"}};
  });
  files.change_pan([](Tensor<float>&, RasterInfo& info) {
    info.geo.area_or_point = "Point";
    info.metadata = {{"SATELLITE", "PAN's"}};
  });
  const Scene scene = files.open();
  CHECK(scene.matched_by == MatchedBy::name);
  CHECK(scene.bands[0].band == 4);
  CHECK(scene.bands[0].name == "blue");
  CHECK(scene.bands[0].path == files.ms);

  const RasterInfo &output = scene.output, pan = read_raster_info(files.pan);
  CHECK(output.width == pan.width);
  CHECK(output.height == pan.height);
  CHECK(output.geo.geotransform == pan.geo.geotransform);
  CHECK(output.geo.crs_wkt == pan.geo.crs_wkt);
  CHECK(output.geo.area_or_point == "Point");
  CHECK(output.data_type == "UInt16");
  CHECK(output.metadata == std::map<std::string, std::string>{{"SATELLITE", "Landsat-8"}});
  std::vector<std::string> names;
  for (const RasterBand& band : output.bands) names.push_back(band.description + '/' + band.color_interpretation);
  CHECK(names == std::vector<std::string>{"Blue/Blue", "Green/Green", "Red/Red", "NIR/Undefined"});
  CHECK(output.bands[1].scale == 0.5);
  CHECK(output.bands[1].offset == 3);
  CHECK(output.bands[3].nodata == 0);

  const std::string out = files.at("out.tif");
  const Tensor<float> up_ms = ms_on_pan_grid(read_ms(scene).values, scene.source.geometry.map, pan.height, pan.width);
  ProductWriter product(out, output, scene.ranges);
  product.write(scene.product, up_ms.data(), nullptr);
  product.finish();
  const RasterInfo written = read_raster_info(out);
  CHECK(written.geo.geotransform == pan.geo.geotransform);
  CHECK(written.geo.crs_wkt == pan.geo.crs_wkt);
  CHECK(written.data_type == "UInt16");
  CHECK(written.metadata.at("SATELLITE") == "Landsat-8");
  CHECK(written.bands[0].description == "Blue");
  CHECK(written.bands[3].nodata == 0);
  CHECK(std::abs(read_raster(out)(0, 40, 50, 0) - SceneCase::max_val * ground(files.pan_grid(), 4)(0, 40, 50, 3)) < 41);
}

TEST_CASE("an output may hold counts beyond the value range, up to the limits of its type", "[scene]") {
  SceneCase files;
  files.change_ms([](Tensor<float>&, RasterInfo& info) { info.bands.assign(4, {.nodata = 60000}); });
  files.options.srcwin = Window{0, 0, 1, 3};
  const Scene scene = files.open();
  ProductWriter product(files.at("out.tif"), scene.output, scene.ranges);
  std::vector<float> values = {-0.2F, 0.25F, 1.25F, 1.5F, 2, 0, 0, 0, 0, 0, 0, 0};
  const std::vector<std::uint8_t> valid = {1, 1, 0};
  product.write({0, 0, 1, 3}, values.data(), valid.data());
  CHECK(product.finish().clipped.at(0) == 1);
  const Tensor<float> counts = read_raster(files.at("out.tif"));
  const std::vector<float> expected = {0, 10000, 50000, 60001, 65535, 0, 0, 0, 60000, 60000, 60000, 60000};
  CHECK(std::vector<float>(counts.data(), counts.data() + counts.size()) == expected);
}

TEST_CASE("NBITS is kept as long as the data type is", "[scene]") {
  SceneCase files;
  const auto bits = [](int count) { return [=](Tensor<float>&, RasterInfo& info) { info.bits = count; }; };
  files.options.allow_range = true;
  files.change_ms(bits(11));
  CHECK(files.open().output.bits == 11);
  const std::string other = files.at("other.tif");
  write_ground(other, scene_ms_grid(), 1, SceneCase::max_val);  // all 16 bits
  files.options.bands = {1, 2, 3, 5};
  CHECK(open_scene(files.pan, {files.ms, other}, files.wanted, files.options).output.bits == 0);
  files.options.bands = {};
  files.options.data_type = "Int16";
  CHECK(files.open().output.bits == 0);
  CHECK(files.open().output.data_type == "Int16");
}

TEST_CASE("bands without a colour get it from their name in the file, else in the weights", "[scene]") {
  SceneCase files;
  files.change_ms([](Tensor<float>&, RasterInfo& info) {
    info.bands.assign(4, {.description = "Red", .color_interpretation = "Gray"});
  });
  files.options.bands = {1, 2, 3, 4};
  CHECK(files.open().output.bands[0].color_interpretation == "Red");
  files.change_ms({});
  CHECK(files.open().output.bands[0].color_interpretation == "Blue");
  CHECK(files.open().output.bands[3].color_interpretation == "Undefined");
}

TEST_CASE("MS bands come from several files, in the requested order", "[scene]") {
  SceneCase files;
  const std::string one = files.at("one.tif");
  files.change_ms([](Tensor<float>& counts, RasterInfo& info) {
    info.metadata = {{"SATELLITE", "Landsat-8"}, {"LEVEL", "1"}};
    for (std::int64_t i = 0; i < counts.size(); ++i) counts.mutable_data()[i] = static_cast<float>(100 * (i % 4 + 1));
  });
  write_ground(one, scene_ms_grid(), 1, SceneCase::max_val, [](Tensor<float>& counts, RasterInfo& info) {
    info.metadata = {{"SATELLITE", "Landsat-8"}, {"LEVEL", "2"}};
    counts = Tensor<float>::full(counts.shape(), 900);
  });
  const auto open = [&](const std::vector<std::string>& ms, std::vector<int> bands) {
    files.options.bands = bands;
    return open_scene(files.pan, ms, files.wanted, files.options);
  };
  const auto last_pixel = [&](const std::vector<std::string>& ms, std::vector<int> bands) {
    const Tensor<float> values = read_ms(open(ms, bands)).values;
    std::vector<double> counts;
    for (int band = 0; band < values.shape().c; ++band)
      counts.push_back(std::round(values(0, 49, 59, band) * SceneCase::max_val));
    return counts;
  };
  CHECK(last_pixel({files.ms}, {}) == std::vector<double>{100, 200, 300, 400});
  CHECK(last_pixel({files.ms}, {4, 3, 2, 1}) == std::vector<double>{400, 300, 200, 100});
  CHECK(last_pixel({one, files.ms}, {1, 3, 4, 5}) == std::vector<double>{900, 200, 300, 400});
  CHECK(last_pixel({files.ms + ",band=3", one, files.ms + ",band=1", files.ms + ",band=2"}, {}) ==
        std::vector<double>{300, 900, 100, 200});
  CHECK(open({one, files.ms}, {1, 3, 4, 5}).output.metadata ==
        std::map<std::string, std::string>{{"SATELLITE", "Landsat-8"}});
}

TEST_CASE("a method without weights takes all bands or the numbered ones, as counts", "[scene]") {
  SceneCase files;
  files.wanted = {.needs_range = false};
  const Tensor<float> expected = read_raster(files.ms);
  CHECK(same_bits(read_ms(files.open()).values, expected));
  CHECK(files.open().pan_range.one == 1);
  files.options.bands = {3, 1};
  const Tensor<float> two = read_ms(files.open()).values;
  CHECK(two.shape() == Shape{1, 50, 60, 2});
  CHECK(two(0, 9, 8, 0) == expected(0, 9, 8, 2));
  CHECK(two(0, 9, 8, 1) == expected(0, 9, 8, 0));
  files.options.max_val = 80000;
  CHECK(read_ms(files.open()).values(0, 9, 8, 0) == Approx(expected(0, 9, 8, 2) / 80000));
}

TEST_CASE("each band has the range of the weights, unless one range is given for all", "[scene]") {
  SceneCase files;
  files.wanted.scale = {1e-5, 2e-5, 2e-5, 2e-5, 2.5e-5};
  files.wanted.offset = {0.1, 0, 0, 0, -0.1};
  Scene scene = files.open();
  REQUIRE(scene.ranges.size() == 4);
  CHECK(scene.ranges[0].zero == Approx(-1e4));
  CHECK(scene.ranges[0].one == Approx(9e4));
  CHECK(scene.pan_range.zero == Approx(4000));
  CHECK(read_ms(scene).values(0, 5, 5, 0) == Approx(read_raster(files.ms)(0, 5, 5, 0) * 1e-5 + 0.1));
  CHECK(read_pan(scene).values(0, 5, 5, 0) == Approx(read_raster(files.pan)(0, 5, 5, 0) * 2.5e-5 - 0.1));
  files.options.max_val = 65535;
  scene = files.open();
  CHECK(scene.ranges[0].zero == 0);
  CHECK(scene.pan_range.one == 65535);
}

TEST_CASE("an unknown range is measured on all pixels: the same for a part, whatever few pixels hold", "[scene]") {
  SceneCase files;
  files.wanted.max_val = 0;
  const auto measured = [&] {
    const Scene scene = files.open();
    REQUIRE(scene.measured_max_val);
    CHECK(scene.ranges.front().one == *scene.measured_max_val);
    CHECK(scene.pan_range.one == *scene.measured_max_val);
    CHECK(scene.ranges.front().zero == 0);
    return *scene.measured_max_val;
  };
  // The ground reaches at most 0.75 of the counts; the brightest band is near it.
  const double whole = measured();
  CHECK(whole <= 0.75 * SceneCase::max_val * 1.008);
  CHECK(whole >= 0.65 * SceneCase::max_val);

  files.options.srcwin = Window{10, 10, 20, 20};
  CHECK(measured() == whole);
  files.options.srcwin.reset();

  const ChangeRaster glint = [](Tensor<float>& counts, RasterInfo&) { counts.mutable_data()[5] = 65535; };
  files.change_ms(glint);
  files.change_pan(glint);
  CHECK(measured() == whole);

  const ChangeRaster brighten = [](Tensor<float>& counts, RasterInfo&) {
    for (std::int64_t i = 0; i < counts.size(); ++i) counts.mutable_data()[i] *= 1.5f;
  };
  files.change_pan(brighten);
  CHECK(measured() > 1.2 * whole);

  files.options.max_val = 50000;
  CHECK_FALSE(files.open().measured_max_val);
}

TEST_CASE("bands with different scales have ranges of equal physical values", "[scene]") {
  SceneCase files;
  files.change_ms([](Tensor<float>&, RasterInfo& info) {
    info.bands.resize(4);
    info.bands[0].scale = info.bands[2].scale = 1e-4;
    info.bands[2].offset = -0.1;
    info.bands[3].scale = 2e-4;
  });
  files.options.allow_range = true;
  const Scene scene = files.open();
  CHECK(scene.ranges[0].one == 40000);  // 4.0 in physical units
  CHECK(scene.ranges[1].one == 40000);  // no scale in the file
  CHECK(scene.ranges[2].zero == Approx(1000));
  CHECK(scene.ranges[2].one == Approx(41000));
  CHECK(scene.pan_range.one == 40000);
  CHECK(scene.ranges[3].one == Approx(20000));
  CHECK(scene.output.bands[3].scale == 2e-4);
}
