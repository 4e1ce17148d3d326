#include "premix/io/product.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/product_pieces.hpp"
#include "support/scratch.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// One row of one band. Value 1 is count 1 unless the range differs.
struct Row {
  RasterInfo info;
  BandRange range = {.zero = 0, .one = 1, .lowest = -1e12, .highest = 1e12};
  ProductOptions options;
  ScratchFolder folder;
  ProductReport report;

  explicit Row(const std::string& data_type, std::optional<double> nodata = {})
      : info(product_info(1, 1, 1, data_type)) {
    info.bands[0].nodata = nodata;
    options.output.existing = Existing::replace;
  }
  std::string path() const { return folder / "a.tif"; }
  std::vector<float> written(const std::vector<float>& values, const std::vector<std::uint8_t>& valid = {}) {
    info.width = static_cast<std::int64_t>(values.size());
    ProductWriter product(path(), info, {range}, options);
    product.write({0, 0, 1, info.width}, values.data(), valid.empty() ? nullptr : valid.data());
    report = product.finish();
    const Tensor<float> read = read_raster(path());
    return {read.values().begin(), read.values().end()};
  }
};

}  // namespace

TEST_CASE("a product's values become counts, rounded half away from zero and clipped to the type", "[product]") {
  struct Case {
    const char* data_type;
    int bits;
    std::vector<float> expected;
    double clipped;  // of the eight values
  };
  const std::vector<float> values = {-0.5f, 0.5f, 1.5f, 2.5f, -2.5f, 254.49f, 1e9f, -1e9f};
  const Case cases[] = {{"Byte", 0, {0, 1, 2, 3, 0, 254, 255, 0}, 4},
                        {"UInt16", 0, {0, 1, 2, 3, 0, 254, 65535, 0}, 4},
                        {"UInt16", 11, {0, 1, 2, 3, 0, 254, 2047, 0}, 4},
                        {"Int16", 0, {-1, 1, 2, 3, -3, 254, 32767, -32768}, 2},
                        {"Int32", 0, {-1, 1, 2, 3, -3, 254, 1e9f, -1e9f}, 0},
                        {"UInt32", 0, {0, 1, 2, 3, 0, 254, 1e9f, 0}, 3},
                        {"Float32", 0, values, 0},
                        {"Float64", 0, values, 0}};
  for (const auto& [data_type, bits, expected, clipped] : cases) {
    INFO(data_type << ", " << bits << " bits");
    Row row(data_type);
    row.info.bits = bits;
    CHECK(row.written(values) == expected);
    CHECK(row.report.clipped == std::vector<double>{clipped / 8});
    CHECK(read_raster_info(row.path()).data_type == data_type);
    CHECK(read_raster_info(row.path()).bits == bits);
  }
}

TEST_CASE("a product's counts are clipped to the range of their band", "[product]") {
  Row row("UInt16");
  row.range = {.zero = 100, .one = 300, .lowest = 50.4, .highest = 399.6};
  CHECK(row.written({0, 1, 0.5f, -1, 2, -0.245f}) == std::vector<float>{100, 300, 200, 51, 399, 51});
  CHECK(row.report.clipped == std::vector<double>{2 / 6.0});
  row.info.data_type = "Byte";
  row.range.lowest = 300;
  CHECK_THAT(message_of(ErrorKind::usage, [&] { row.written({0}); }),
             contains("band 1") && contains("all outside Byte"));
}

TEST_CASE("the share of clipped values counts only valid pixels, for each band", "[product]") {
  const ScratchFolder folder;
  RasterInfo info = product_info(2, 2, 2, "Byte");
  ProductWriter product(folder / "a.tif", info, product_ranges(2, 200), {.nodata = 255});
  const float values[] = {2, 0.5f, 0.5f, 0.5f, 7, 7, 0.5f, -1};
  const std::uint8_t valid[] = {1, 1, 0, 1};
  product.write({0, 0, 2, 2}, values, valid);
  const ProductReport report = product.finish();
  CHECK(report.clipped[0] == Approx(1 / 3.0));
  CHECK(report.clipped[1] == Approx(1 / 3.0));
  CHECK(report.bytes == static_cast<std::int64_t>(std::filesystem::file_size(folder / "a.tif")));
}

TEST_CASE("invalid pixels become nodata and valid pixels never do", "[product]") {
  for (const char* data_type : {"Byte", "UInt16", "Int16", "Int32"}) {
    INFO(data_type);
    Row row(data_type, 7);
    row.range = {.zero = 0, .one = 1, .lowest = 0, .highest = 9};
    CHECK(row.written({7, 3, 7.2f, 6.4f}, {1, 0, 1, 1}) == std::vector<float>{8, 7, 8, 6});
    row.info.bands[0].nodata = 9;
    CHECK(row.written({9, 20, 3}, {1, 1, 0}) == std::vector<float>{8, 8, 9});
    row.info.bands[0].nodata = 0;
    CHECK(row.written({-5, 0, 3}, {1, 1, 0}) == std::vector<float>{1, 1, 0});
    row.options.nodata = 4;  // takes precedence over the band's
    CHECK(row.written({4, 0, 3}, {1, 1, 0}) == std::vector<float>{5, 0, 4});
    CHECK(read_raster_info(row.path()).bands[0].nodata == 4.0);
  }
}

TEST_CASE("valid floating-point pixels differ from nodata by more than GDAL's comparison tolerance", "[product]") {
  for (const char* data_type : {"Float32", "Float64"})
    for (const double nodata : {0.0, 100.0, -9999.0}) {
      INFO(data_type << ", nodata " << nodata);
      Row row(data_type, nodata);
      const auto exact = static_cast<float>(nodata);
      const std::vector<float> read = row.written({exact, std::nextafter(exact, 1e9f), 5}, {1, 1, 0});
      CHECK(read[0] != exact);
      CHECK(read[1] != exact);
      CHECK(std::abs(read[0] - nodata) <= 1e-4 * std::abs(nodata) + 1e-30);
      if (nodata != 0) CHECK(std::abs(read[0] - nodata) > 2 * 2 * 1.2e-7 * std::abs(nodata));
      CHECK(read[2] == exact);
    }
  Row row("Float32", std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(row.written({1, 2}, {1, 0})[1]));
}

TEST_CASE("a valid pixel avoids the nodata values of all bands", "[product]") {
  const ScratchFolder folder;
  RasterInfo info = product_info(1, 1, 2, "Byte");
  info.bands[0].nodata = 5;
  info.bands[1].nodata = 6;
  ProductWriter product(folder / "a.img", info, product_ranges(2, 10));
  const float values[] = {0.5f, 0.6f};
  product.write({0, 0, 1, 1}, values, nullptr);
  product.finish();
  const Tensor<float> read = read_raster(folder / "a.img");
  CHECK(read.data()[0] == 4);
  CHECK(read.data()[1] == 7);
}

TEST_CASE("invalid pixels without a nodata value are an error in integers and NaN in floating point", "[product]") {
  Row row("UInt16");
  CHECK_THAT(message_of(ErrorKind::data,
                        [&] {
                          row.written({1, 2}, {1, 0});
                        }),
             contains("invalid") && contains("nodata = 0"));
  CHECK_THAT(message_of(ErrorKind::data,
                        [&] {
                          row.written({1, not_a_number});
                        }),
             contains("not a number") && contains("nodata = 0"));
  CHECK(names_in(row.folder.path()).empty());
  row.info.data_type = "Float32";
  CHECK(std::isnan(row.written({1, 2}, {1, 0})[1]));
  CHECK(std::isnan(row.written({1, not_a_number})[1]));
}

TEST_CASE("a nodata value outside the type is refused as an option and dropped when inherited", "[product]") {
  Row row("UInt16", -9999);
  CHECK(row.written({5}) == std::vector<float>{5});
  CHECK_FALSE(read_raster_info(row.path()).bands[0].nodata);
  for (const double nodata : {-9999.0, 0.5, 65536.0}) {
    row.options.nodata = nodata;
    CHECK_THAT(message_of(ErrorKind::usage, [&] { row.written({5}); }), contains("nodata") && contains("0 to 65535"));
  }
}

TEST_CASE("pieces in any order and of any size make the same product", "[product]") {
  constexpr std::int64_t height = 530, width = 700, bands = 3;
  const Tensor<float> values = product_values(height, width, bands);
  const ScratchFolder folder;
  const auto made = [&](const char* name, const PieceGrid& grid, bool backwards) {
    ProductWriter product(folder / name, product_info(height, width, bands), product_ranges(bands), {.pieces = grid});
    std::vector<Window> pieces = pieces_of(height, width, grid);
    if (backwards) std::reverse(pieces.begin(), pieces.end());
    for (const Window& piece : pieces) write_piece(product, values, piece);
    product.finish();
    return read_raster(folder / name);
  };
  const Tensor<float> whole = made("whole.tif", {.height = height, .width = width}, false);
  for (std::int64_t i = 0; i < values.size(); ++i) {
    const double expected = std::clamp(std::round(1000 * static_cast<double>(values.data()[i])), 0.0, 1000.0);
    if (whole.data()[i] != expected) FAIL("value " << i << ": " << whole.data()[i] << ", expected " << expected);
  }
  CHECK(same_bits(whole, made("aligned.tif", {.height = 256, .width = 512}, false)));
  CHECK(same_bits(whole, made("shifted.tif", {.top = -100, .left = -77, .height = 256, .width = 512}, true)));
  CHECK(same_bits(whole, made("odd.img", {.height = 37, .width = 91}, true)));
}

TEST_CASE("a product keeps its description, RPC, control points and metadata domains", "[product]") {
  const ScratchFolder folder;
  RasterInfo info = product_info(20, 30, 1);
  info.bands = {{.description = "nir", .nodata = 3.0, .scale = 0.5, .offset = 2}};
  info.metadata = {{"SATELLITE", "none"}};
  info.domains = {{"PREMIX", {{"WEIGHTS", "w.safetensors"}, {"VERSION", "1.2=3"}}}};
  info.geo.rpc = {{"HEIGHT_OFF", "100"},   {"HEIGHT_SCALE", "500"}, {"LINE_OFF", "10"},      {"LINE_SCALE", "10"},
                  {"SAMP_OFF", "15"},      {"SAMP_SCALE", "15"},    {"LAT_OFF", "45"},       {"LAT_SCALE", "0.5"},
                  {"LONG_OFF", "7"},       {"LONG_SCALE", "0.5"},   {"LINE_NUM_COEFF", "0"}, {"LINE_DEN_COEFF", "1"},
                  {"SAMP_NUM_COEFF", "0"}, {"SAMP_DEN_COEFF", "1"}};
  for (const char* key : {"LINE_NUM_COEFF", "LINE_DEN_COEFF", "SAMP_NUM_COEFF", "SAMP_DEN_COEFF"})
    for (int i = 1; i < 20; ++i) info.geo.rpc[key] += " 0";
  info.geo.gcps = {
      {"1", "", 0, 0, 500000, 10, 5}, {"2", "", 30, 0, 500060, 10, 6}, {"3", "", 0.5, 20, 500000, -30.25, 7}};
  info.geo.gcp_crs_wkt =
      R"(GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],)"
      R"(UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]])";
  const Tensor<float> values = product_values(20, 30, 1);
  for (const char* driver : {"GTiff", "COG", "PNG"}) {
    INFO(driver);
    const std::string path = folder / concat(driver, ".tif");
    ProductWriter product(path, info, product_ranges(1), {.output = {.driver = driver}});
    write_piece(product, values, {0, 0, 20, 30});
    product.finish();
    const RasterInfo read = read_raster_info(path);
    CHECK(read.bands[0].description == "nir");
    CHECK(read.bands[0].nodata == 3.0);
    CHECK(read.bands[0].scale == 0.5);
    CHECK(read.bands[0].offset == 2);
    CHECK(read.metadata.at("SATELLITE") == "none");
    CHECK(read.domains == info.domains);
    CHECK(read.geo.rpc.size() >= info.geo.rpc.size());
    CHECK(std::stod(read.geo.rpc.at("SAMP_OFF")) == 15);
    REQUIRE(read.geo.gcps.size() == 3);
    CHECK(read.geo.gcps[2].column == 0.5);
    CHECK(read.geo.gcps[2].row == 20);
    CHECK(read.geo.gcps[2].y == -30.25);
    CHECK(read.geo.gcps[2].z == 7);
    CHECK_THAT(read.geo.gcp_crs_wkt, contains("4326"));
  }
}
