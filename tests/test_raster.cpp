#include "premix/io/raster.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "premix/core/error.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"

using namespace premix;
namespace fs = std::filesystem;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

Tensor<float> row(const std::vector<float>& values) {
  return Tensor<float>::from({1, 1, static_cast<std::int64_t>(values.size()), 1}, values);
}

std::vector<float> values(const Tensor<float>& tensor) { return {tensor.values().begin(), tensor.values().end()}; }

// Test shapes are larger than one strip of rows. All values differ.
Tensor<float> ramp(Shape shape) {
  Tensor<float> result(shape);
  for (std::int64_t i = 0; i < shape.size(); ++i) result.mutable_data()[i] = static_cast<float>(i % 60013);
  return result;
}

RasterInfo described(const std::string& data_type) {
  RasterInfo info;
  info.data_type = data_type;
  return info;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// A raster in GDAL's XML format, independent of this library's writer.
std::string vrt(const std::string& data_type, const std::string& inside, const std::string& in_band = "") {
  return "<VRTDataset rasterXSize=\"3\" rasterYSize=\"2\">" + inside + "<VRTRasterBand dataType=\"" + data_type +
         "\" band=\"1\">" + in_band + "</VRTRasterBand></VRTDataset>";
}

const char* const utm31 =
    R"(PROJCS["WGS 84 / UTM zone 31N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],)"
    R"(PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],)"
    R"(PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",3],PARAMETER["scale_factor",0.9996],)"
    R"(PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","32631"]])";

}  // namespace

TEST_CASE("a raster is read back as written, with its whole description", "[raster]") {
  const ScratchFolder folder;
  const std::string path = folder / "a.tif";
  RasterInfo info = described("UInt16");
  info.bands = {{"blue", "Blue", 7.0, 0.5, -1}, {"green", "Green", 7.0, 0.25, 2}, {"nir", "Undefined", 7.0, 1, 0}};
  info.geo.has_geotransform = true;
  info.geo.geotransform = {593270.291914377, 2.000096631190103, 0.125, 5747657.4158721585, -0.25, -2.000096631190103};
  info.geo.crs_wkt = utm31;
  info.metadata = {{"TIFFTAG_DATETIME", "2020:01:02 03:04:05"}, {"SATELLITE", "none"}};
  const auto pixels = ramp({1, 130, 33, 3});
  write_raster(path, pixels, info);

  const RasterInfo read = read_raster_info(path);
  CHECK(read.width == 33);
  CHECK(read.height == 130);
  CHECK(read.driver == "GTiff");
  CHECK(read.data_type == "UInt16");
  CHECK(read.bits == 0);
  CHECK_FALSE(read.has_mask);
  REQUIRE(read.bands.size() == 3);
  for (std::size_t band = 0; band < 3; ++band) {
    CHECK(read.bands[band].description == info.bands[band].description);
    CHECK(read.bands[band].color_interpretation == info.bands[band].color_interpretation);
    CHECK(read.bands[band].nodata == 7.0);
    CHECK(read.bands[band].scale == info.bands[band].scale);
    CHECK(read.bands[band].offset == info.bands[band].offset);
  }
  CHECK(read.geo.has_geotransform);
  CHECK(read.geo.geotransform == info.geo.geotransform);
  CHECK_THAT(read.geo.crs_wkt, contains("PROJCRS") && contains("32631"));
  CHECK(read.metadata.at("SATELLITE") == "none");
  CHECK(read.metadata.at("TIFFTAG_DATETIME") == "2020:01:02 03:04:05");
  CHECK(values(read_raster(path)) == values(pixels));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.tif"});
}

TEST_CASE("bands are read in the requested order, counted from one", "[raster]") {
  const ScratchFolder folder;
  const std::string path = folder / "a.tif";
  write_raster(path, Tensor<float>::from({1, 1, 2, 3}, {1, 2, 3, 11, 12, 13}), described("Byte"));
  CHECK(values(read_raster(path, {3, 1})) == std::vector<float>{3, 1, 13, 11});
  CHECK_THAT(message_of(ErrorKind::data, [&] { read_raster(path, {4}); }),
             contains("a.tif") && contains("3 bands") && contains("no band 4"));
  CHECK_THAT(message_of(ErrorKind::data, [&] { read_raster(path, {0}); }), contains("no band 0"));
}

TEST_CASE("values are rounded half away from zero and clipped to the data type", "[raster]") {
  struct Case {
    const char* data_type;
    int bits;
    std::vector<float> expected;
  };
  const std::vector<float> pixels = {-0.5f, 0.5f, 1.5f, 2.5f, -2.5f, 254.49f, 1e9f, -1e9f, infinity};
  const Case cases[] = {{"Byte", 0, {0, 1, 2, 3, 0, 254, 255, 0, 255}},
                        {"UInt16", 0, {0, 1, 2, 3, 0, 254, 65535, 0, 65535}},
                        {"UInt16", 11, {0, 1, 2, 3, 0, 254, 2047, 0, 2047}},
                        {"Int16", 0, {-1, 1, 2, 3, -3, 254, 32767, -32768, 32767}},
                        {"Int32", 0, {-1, 1, 2, 3, -3, 254, 1e9f, -1e9f, 2147483647.0f}},
                        {"UInt32", 0, {0, 1, 2, 3, 0, 254, 1e9f, 0, 4294967295.0f}},
                        {"Float32", 0, pixels},
                        {"Float64", 0, pixels}};
  for (const auto& [data_type, bits, expected] : cases) {
    INFO(data_type << ", " << bits << " bits");
    const ScratchFolder folder;
    RasterInfo info = described(data_type);
    info.bits = bits;
    write_raster(folder / "a.tif", row(pixels), info);
    CHECK(values(read_raster(folder / "a.tif")) == expected);
    CHECK(read_raster_info(folder / "a.tif").data_type == data_type);
    CHECK(read_raster_info(folder / "a.tif").bits == bits);
  }
}

TEST_CASE("values are clipped to fewer bits even in formats without NBITS", "[raster]") {
  const ScratchFolder folder;
  RasterInfo info = described("UInt16");
  info.bits = 11;
  write_raster(folder / "a.png", row({2046, 2048, 70000}), info);
  CHECK(values(read_raster(folder / "a.png")) == std::vector<float>{2046, 2047, 2047});
}

TEST_CASE("NaN becomes nodata, stays NaN in floating point, and is an error in integers without nodata", "[raster]") {
  const ScratchFolder folder;
  RasterInfo info = described("UInt16");
  CHECK_THAT(message_of(ErrorKind::data,
                        [&] {
                          write_raster(folder / "a.tif", row({1, not_a_number}), info);
                        }),
             contains("a.tif") && contains("band 1") && contains("nodata"));
  CHECK(fs::is_empty(folder.path()));
  CHECK_THAT(message_of(ErrorKind::data,
                        [&] {
                          write_raster(folder / "a.tif", Tensor<float>::from({1, 1, 1, 2}, {1, not_a_number}), info);
                        }),
             contains("band 2"));
  info.data_type = "Float32";
  write_raster(folder / "float.tif", row({1, not_a_number}), info);
  CHECK(std::isnan(read_raster(folder / "float.tif")(0, 0, 1, 0)));
  info.bands.resize(1);
  info.bands[0].nodata = 9;
  for (const char* data_type : {"UInt16", "Float32"}) {
    info.data_type = data_type;
    write_raster(folder / "a.tif", row({1, not_a_number}), info, {.existing = Existing::replace});
    CHECK(values(read_raster(folder / "a.tif")) == std::vector<float>{1, 9});
  }
}

TEST_CASE("a geotransform counts from the corner even for pixel-is-point rasters", "[raster]") {
  const ScratchFolder folder;
  RasterInfo info = described("Byte");
  info.geo.has_geotransform = true;
  info.geo.geotransform = {1000, 30, 0, 2000, 0, -30};
  info.geo.crs_wkt = utm31;
  for (const char* meaning : {"Area", "Point"}) {
    info.geo.area_or_point = meaning;
    write_raster(folder / "a.tif", row({1, 2}), info, {.existing = Existing::replace});
    const GeoReference read = read_raster_info(folder / "a.tif").geo;
    CHECK(read.area_or_point == meaning);
    CHECK_FALSE(read_raster_info(folder / "a.tif").metadata.contains("AREA_OR_POINT"));
    CHECK(read.geotransform == info.geo.geotransform);
  }
}

TEST_CASE("formats that GDAL writes only by copying are supported, with their companion files", "[raster]") {
  const ScratchFolder folder;
  RasterInfo info = described("UInt16");
  info.geo.has_geotransform = true;
  info.geo.geotransform = {1000, 30, 0, 2000, 0, -30};
  const auto pixels = ramp({1, 70, 80, 3});
  write_raster(folder / "a.png", pixels, info);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.png", "a.png.aux.xml"});
  write_raster(folder / "cog.tif", pixels, info, {.driver = "COG", .creation_options = {"COMPRESS=DEFLATE"}});
  for (const char* name : {"a.png", "cog.tif"}) {
    CHECK(values(read_raster(folder / name)) == values(pixels));
    CHECK(read_raster_info(folder / name).geo.geotransform == info.geo.geotransform);
  }
  std::ifstream in(folder / "cog.tif", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  CHECK_THAT(bytes.substr(0, 100), contains("LAYOUT=IFDS_BEFORE_DATA"));
}

TEST_CASE("creation options reach the format's driver", "[raster]") {
  const ScratchFolder folder;
  const auto pixels = Tensor<float>::full({1, 100, 100, 4}, 3.0f);
  write_raster(folder / "plain.tif", pixels, described("UInt16"));
  write_raster(folder / "packed.tif", pixels, described("UInt16"),
               {.creation_options = {"COMPRESS=DEFLATE", "TILED=YES"}});
  CHECK(fs::file_size(folder / "packed.tif") * 10 < fs::file_size(folder / "plain.tif"));
  CHECK(values(read_raster(folder / "packed.tif")) == values(pixels));
}

TEST_CASE("an existing raster is replaced only on request, together with its companion files", "[raster]") {
  const ScratchFolder folder;
  const std::string path = folder / "a.tif";
  write_raster(path, row({1}), described("Byte"));
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { write_raster(path, row({2}), described("Byte")); }),
             contains("a.tif: exists already"));
  CHECK(values(read_raster(path)) == std::vector<float>{1});
  put(path + ".aux.xml", "<PAMDataset><Metadata><MDI key=\"OLD\">1</MDI></Metadata></PAMDataset>");
  put(path + ".ovr", "old");
  write_raster(path, row({2}), described("Byte"), {.existing = Existing::replace});
  CHECK(values(read_raster(path)) == std::vector<float>{2});
  CHECK(names_in(folder.path()) == std::vector<std::string>{"a.tif"});
}

TEST_CASE("a failed write leaves no file, and the message is one line with the reason", "[raster]") {
  struct Case {
    const char* what;
    ErrorKind kind;
    const char* name;
    const char* data_type;
    RasterOutput output;
    const char* message;
  };
  const Case cases[] = {
      {"unknown format", ErrorKind::usage, "a.tif", "Byte", {.driver = "NoSuch"}, "the raster format NoSuch"},
      {"unknown extension", ErrorKind::usage, "a.nosuch", "Byte", {}, "extension"},
      {"format that is only read", ErrorKind::usage, "a.dim", "Byte", {.driver = "DIMAP"}, "only read DIMAP"},
      {"unknown data type", ErrorKind::usage, "a.tif", "UInt12", {}, "type UInt12"},
      {"complex data type", ErrorKind::usage, "a.tif", "CFloat32", {}, "type CFloat32"},
      {"unknown creation option", ErrorKind::usage, "a.tif", "Byte", {.creation_options = {"NOSUCH=1"}}, "NOSUCH"},
      {"creation option without value",
       ErrorKind::usage,
       "a.tif",
       "Byte",
       {.creation_options = {"TILED"}},
       "KEY=VALUE"},
      {"wrong value of an option",
       ErrorKind::usage,
       "a.tif",
       "Byte",
       {.creation_options = {"COMPRESS=NOSUCH"}},
       "NOSUCH"},
      {"type that the format lacks", ErrorKind::runtime, "a.png", "Float32", {}, "Float32"},
      {"no folder", ErrorKind::runtime, "missing/a.tif", "Byte", {}, "no folder"},
  };
  for (const auto& [what, kind, name, data_type, output, message] : cases) {
    INFO(what);
    const ScratchFolder folder;
    const std::string path = folder / name;
    const std::string error = message_of(kind, [&, data_type = data_type, &output = output] {
      write_raster(path, row({1, 2}), described(data_type), output);
    });
    CHECK_THAT(error, contains(path + ": ") && contains(message));
    CHECK(fs::is_empty(folder.path()));
  }
}

TEST_CASE("pixels that do not match their description are refused", "[raster]") {
  const ScratchFolder folder;
  RasterInfo info = described("Byte");
  info.bands.resize(2);
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { write_raster(folder / "a.tif", row({1}), info); }),
             contains("descriptions of 2 bands for pixels of 1"));
  CHECK_THAT(message_of(ErrorKind::runtime,
                        [&] {
                          write_raster(folder / "a.tif", Tensor<float>({2, 1, 1, 2}), info);
                        }),
             contains("(2, 1, 1, 2)"));
}

TEST_CASE("an unreadable image is a data error that names the file", "[raster]") {
  const ScratchFolder folder;
  put(folder / "text.tif", "not a raster");
  put(folder / "complex.vrt", vrt("CFloat32", ""));
  put(folder / "truncated.tif", "");
  write_raster(folder / "whole.tif", ramp({1, 64, 64, 1}), described("UInt16"));
  fs::copy(folder / "whole.tif", folder / "truncated.tif", fs::copy_options::overwrite_existing);
  fs::resize_file(folder / "truncated.tif", fs::file_size(folder / "truncated.tif") - 4000);
  const auto error = [&](const char* name) { return message_of(ErrorKind::data, [&] { read_raster(folder / name); }); };
  CHECK_THAT(error("absent.tif"), contains("absent.tif: not a readable raster") && contains("No such file"));
  CHECK_THAT(error("text.tif"), contains("text.tif: not a readable raster") && contains("not recognized"));
  CHECK_THAT(error("complex.vrt"), contains("complex.vrt: band 1 is complex"));
  CHECK_THAT(error("truncated.tif"), contains("truncated.tif: cannot read the pixels: "));
}

TEST_CASE("the description of a raster is read from any format", "[raster]") {
  const ScratchFolder folder;
  put(folder / "a.vrt",
      vrt("Int16",
          "<Metadata><MDI key=\"K\">a=b</MDI></Metadata><Metadata domain=\"RPC\"><MDI "
          "key=\"LINE_OFF\">1</MDI></Metadata>",
          "<NoDataValue>-9</NoDataValue><Scale>0.5</Scale><Offset>3</Offset><ColorInterp>Alpha</ColorInterp>"
          "<Description>here</Description>"));
  const RasterInfo info = read_raster_info(folder / "a.vrt");
  CHECK(info.driver == "VRT");
  CHECK(info.width == 3);
  CHECK(info.height == 2);
  CHECK(info.data_type == "Int16");
  CHECK(info.metadata.at("K") == "a=b");
  CHECK(info.geo.rpc == std::map<std::string, std::string>{{"LINE_OFF", "1"}});
  CHECK(info.geo.gcps.empty());
  CHECK_FALSE(info.geo.has_geotransform);
  CHECK(info.geo.crs_wkt.empty());
  CHECK(info.bands[0].nodata == -9.0);
  CHECK(info.bands[0].scale == 0.5);
  CHECK(info.bands[0].offset == 3);
  CHECK(info.bands[0].description == "here");
  put(folder / "gcps.vrt", vrt("Byte", "<GCPList><GCP Id=\"1\" Pixel=\"0\" Line=\"0\" X=\"1\" Y=\"2\"/></GCPList>"));
  CHECK(read_raster_info(folder / "gcps.vrt").geo.gcps.size() == 1);
  CHECK_FALSE(read_raster_info(folder / "gcps.vrt").bands[0].nodata.has_value());
}

TEST_CASE("a raster reports its masked bands, and nodata alone is no mask", "[raster]") {
  const ScratchFolder folder;
  const auto masked = [&](const std::string& inside, const std::string& in_band) {
    put(folder / "a.vrt", vrt("Byte", inside, in_band));
    const RasterInfo info = read_raster_info(folder / "a.vrt");
    CHECK(info.has_mask ==
          std::any_of(info.bands.begin(), info.bands.end(), [](const RasterBand& band) { return band.masked; }));
    return info.has_mask;
  };
  const std::string mask = "<MaskBand><VRTRasterBand dataType=\"Byte\"></VRTRasterBand></MaskBand>";
  CHECK_FALSE(masked("", ""));
  CHECK_FALSE(masked("", "<NoDataValue>3</NoDataValue>"));
  CHECK(masked(mask, ""));
  CHECK(masked("", mask));
  // GDAL treats an alpha band as a mask if it is the last of 2 or 4.
  CHECK(masked("", "</VRTRasterBand><VRTRasterBand dataType=\"Byte\" band=\"2\"><ColorInterp>Alpha</ColorInterp>"));
}

TEST_CASE("domains, rational polynomials and control points are read and written", "[raster]") {
  const ScratchFolder folder;
  put(folder / "a.vrt",
      vrt("Byte",
          "<Metadata domain=\"PREMIX\"><MDI key=\"WEIGHTS\">w=1</MDI></Metadata>"
          "<Metadata domain=\"RPC\"><MDI key=\"LINE_OFF\">1</MDI></Metadata>"
          "<Metadata domain=\"xml:X\" format=\"xml\"><a/></Metadata>"
          "<GCPList Projection=\"EPSG:4326\"><GCP Id=\"p\" Info=\"corner\" Pixel=\"0.5\" Line=\"2\" X=\"7\" Y=\"45\" "
          "Z=\"100\"/></GCPList>"));
  const RasterInfo info = read_raster_info(folder / "a.vrt");
  CHECK(info.domains == std::map<std::string, std::map<std::string, std::string>>{{"PREMIX", {{"WEIGHTS", "w=1"}}}});
  REQUIRE(info.geo.gcps.size() == 1);
  write_raster(folder / "a.img", Tensor<float>({1, 2, 3, 1}), info);
  for (const char* name : {"a.vrt", "a.img"}) {
    INFO(name);
    const RasterInfo read = read_raster_info(folder / name);
    CHECK(read.domains.at("PREMIX") == info.domains.at("PREMIX"));
    CHECK(read.geo.rpc.at("LINE_OFF") == "1");
    REQUIRE(read.geo.gcps.size() == 1);
    const GroundControlPoint& point = read.geo.gcps[0];
    CHECK(point.id == "p");
    CHECK(std::vector<double>{point.column, point.row, point.x, point.y, point.z} ==
          std::vector<double>{0.5, 2, 7, 45, 100});
    CHECK_THAT(read.geo.gcp_crs_wkt, contains("4326"));
  }
}

TEST_CASE("GDAL's names of files within files are read", "[raster]") {
  const ScratchFolder folder;
  write_raster(folder / "a.tif", row({5, 6}), described("Byte"));
  const std::string inside =
      concat("/vsisubfile/0_", fs::file_size(folder / "a.tif"), ",", (folder / "a.tif").string());
  CHECK(values(read_raster(inside)) == std::vector<float>{5, 6});
}
