#include "premix/data/pair_folder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "premix/data/degrade.hpp"
#include "premix/data/split.hpp"
#include "premix/io/mat.hpp"
#include "premix/io/raster.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/message_of.hpp"
#include "support/pairs.hpp"
#include "support/scratch.hpp"

using namespace premix;
namespace fs = std::filesystem;

namespace {

// Integers 0, 1, 2, ... modulo 1000.
Tensor<double> counts(Shape shape) {
  Tensor<double> result(shape);
  for (std::int64_t i = 0; i < shape.size(); ++i) result.mutable_data()[i] = static_cast<double>(i % 1000);
  return result;
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

void write_array(const fs::path& path, const std::string& key, const Tensor<double>& array,
                 const std::string& type = "uint16") {
  fs::create_directories(path.parent_path());
  fs::remove(path);
  write_mat(path, key, array, {.type = type});
}

void write_mat_pair(const fs::path& folder, const std::string& name, std::int64_t bands = 3) {
  write_array(folder / "MS_256" / name, "imgMS", counts({1, 4, 8, bands}));
  write_array(folder / "PAN_1024" / name, "imgPAN", counts({1, 16, 32, 1}));
}

RasterInfo north_up(double west, double north, double pixel) {
  RasterInfo info;
  info.data_type = "UInt16";
  info.geo.has_geotransform = true;
  info.geo.geotransform = {west, pixel, 0, north, 0, -pixel};
  return info;
}

void write_tiff(const fs::path& path, Shape shape, const RasterInfo& info) {
  fs::remove(path);
  Tensor<float> pixels(shape);
  for (std::int64_t i = 0; i < shape.size(); ++i) pixels.mutable_data()[i] = static_cast<float>(i % 1000);
  write_raster(path.string(), pixels, info);
}

void write_raster_pair(const fs::path& folder, const std::string& name) {
  write_tiff(folder / (name + "_ms.tif"), {1, 4, 8, 3}, north_up(500, 900, 4));
  write_tiff(folder / (name + "_pan.tif"), {1, 16, 32, 1}, north_up(500, 900, 1));
}

// Opens the set and loads all its pairs. Returns the message of the data Error.
std::string error_of(const fs::path& folder, const PairOptions& options = {.max_val = 1000.0}) {
  return message_of(ErrorKind::data, [&] {
    const PairSource source = open_pairs(folder.string(), options);
    for (const auto& name : source.names()) source.load(name);
  });
}

}  // namespace

TEST_CASE("golden: data sets have the split, order and samples of the published code", "[golden][pairs]") {
  std::vector<std::string> used;
  golden::for_each_file("dataset_*.safetensors", [&](golden::File& file) {
    const auto& config = file.config();
    const std::string folder = config.at("folder");
    used.push_back(folder.substr(0, folder.find('/')));
    const PairSource source =
        open_pairs((golden::folder() / folder).string(), {.max_val = config.at("max_val").get<double>()});

    // The published code ordered the names by number.
    auto listing = source.names();
    std::sort(listing.begin(), listing.end(), [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
    const Split split = split_listing(listing);
    CHECK(split.train == config.at("files_train").get<std::vector<std::string>>());
    CHECK(split.val == config.at("files_val").get<std::vector<std::string>>());
    CHECK(split.test == config.at("files_test").get<std::vector<std::string>>());

    const auto check_first = [&](const std::string& part, const std::vector<std::string>& names, Protocol protocol) {
      if (names.empty()) return;
      const ImagePair pair = source.load(names.front());
      const Sample sample = protocol == Protocol::reduced ? reduced_sample(pair, source.ratio()) : full_sample(pair);
      file.check_output(part + ".0.ms", sample.ms);
      file.check_output(part + ".0.pan", sample.pan);
      file.check_output(part + ".0.up_ms", sample.up_ms);
      file.check_output(part + ".0.gt", pair.ms);
    };
    check_first("train", split.train, Protocol::reduced);
    check_first("val", split.val, Protocol::reduced);
    check_first("test", split.test, Protocol::reduced);
    check_first("test_ori", split.test, Protocol::full);
    file.check_complete();
  });
  for (const auto& folder : golden::list("mat_*"))
    CHECK(std::count(used.begin(), used.end(), folder.filename().string()) > 0);
}

TEST_CASE("every spelling of the keys is read, and values are counts / max_val", "[pairs]") {
  const ScratchFolder folder;
  for (const char* ms_key : {"imgMS", "I_MS"})
    for (const char* pan_key : {"imgPAN", "I_PAN", "block"}) {
      write_array(folder / "MS_256/1.mat", ms_key, counts({1, 4, 8, 3}));
      write_array(folder / "PAN_1024/1.mat", pan_key, counts({1, 16, 32, 1}), "double");
      const PairSource source = open_pairs(folder.path().string(), {.sensor = "GF1"});
      CHECK(source.max_val() == 1023);
      CHECK(source.ratio() == 4);
      const ImagePair pair = source.load("1.mat");
      CHECK(same_bits(pair.ms, scaled_counts(counts({1, 4, 8, 3}), 1023)));
      CHECK(same_bits(pair.pan, scaled_counts(counts({1, 16, 32, 1}), 1023)));
    }
}

TEST_CASE("other folder names can be set, and the ratio follows from the images", "[pairs]") {
  const ScratchFolder folder;
  write_mat_pair(folder.path(), "1.mat");
  write_array(folder / "MS_30m/1.mat", "imgMS", counts({1, 8, 16, 3}));
  const PairSource source = open_pairs(folder.path().string(), {.max_val = 1000.0, .ms_folder = "MS_30m"});
  CHECK(source.ratio() == 2);
  CHECK(source.load("1.mat").ms.shape() == Shape{1, 8, 16, 3});
}

TEST_CASE("a folder of GeoTIFF pairs is read with or without georeference, and other files are ignored", "[pairs]") {
  const ScratchFolder folder;
  write_raster_pair(folder.path(), "b");
  write_tiff(folder / "A_MS.TIF", {1, 4, 8, 3}, {.data_type = "UInt16"});
  write_tiff(folder / "A_Pan.tiff", {1, 16, 32, 1}, {.data_type = "UInt16"});
  write_file(folder / "notes.txt", "not an image");
  write_tiff(folder / "other.tif", {1, 4, 4, 1}, {.data_type = "UInt16"});
  const PairSource source = open_pairs(folder.path().string(), {.max_val = 2047.0});
  CHECK(source.names() == std::vector<std::string>{"A", "b"});
  CHECK(source.ratio() == 4);
  for (const auto& name : source.names())
    CHECK(same_bits(source.load(name).ms, scaled_counts(counts({1, 4, 8, 3}), 2047)));
}

TEST_CASE("pairs match if their corners differ by up to one PAN pixel, not by two", "[pairs]") {
  const ScratchFolder folder;
  write_raster_pair(folder.path(), "a");
  const auto error_at = [&](double west, double north, double pixel) {
    write_tiff(folder / "a_pan.tif", {1, 16, 32, 1}, north_up(west, north, pixel));
    return error_of(folder.path());
  };
  for (const double shift : {-0.5, 0.5, 1.0}) {
    write_tiff(folder / "a_pan.tif", {1, 16, 32, 1}, north_up(500 + shift, 900 - shift, 1));
    CHECK(open_pairs(folder.path().string(), {.max_val = 1000.0}).load("a").pan.shape().w == 32);
  }
  CHECK_THAT(error_at(502, 900, 1), contains("a_ms.tif: a corner lies 2 PAN pixels"));
  CHECK_THAT(error_at(500, 903, 1), contains("a_ms.tif: a corner lies 3 PAN pixels"));
  CHECK_THAT(error_at(500, 900, 0.9), contains("a_ms.tif: a corner lies"));
}

TEST_CASE("a folder without valid pairs is an error that names the file and the remedy", "[pairs]") {
  const struct {
    const char *what, *message;
    void (*spoil)(const fs::path&);
  } cases[] = {
      {"missing folder", "no such folder or file. Check the path", [](const fs::path& f) { fs::remove_all(f); }},
      {"no images", "neither the folders MS_256 and PAN_1024 nor pairs",
       [](const fs::path& f) {
         fs::remove_all(f / "MS_256");
         fs::remove_all(f / "PAN_1024");
         write_file(f / "scene.tif", "");
       }},
      {"no PAN folder", "PAN_1024: no such folder", [](const fs::path& f) { fs::remove_all(f / "PAN_1024"); }},
      {"no MS folder", "MS_256: no such folder", [](const fs::path& f) { fs::remove_all(f / "MS_256"); }},
      {"empty folders", "no image pairs",
       [](const fs::path& f) {
         for (const char* name : {"MS_256/1.mat", "MS_256/2.mat", "PAN_1024/1.mat", "PAN_1024/2.mat"})
           fs::remove(f / name);
       }},
      {"MS without PAN", "MS_256/2.mat: no partner ", [](const fs::path& f) { fs::remove(f / "PAN_1024/2.mat"); }},
      {"PAN without MS", "PAN_1024/2.mat: no partner ", [](const fs::path& f) { fs::remove(f / "MS_256/2.mat"); }},
      {"a stray file", "MS_256/readme.txt: not a .mat file",
       [](const fs::path& f) { write_file(f / "MS_256/readme.txt", "hello"); }},
      {"not a .mat file", "MS_256/2.mat", [](const fs::path& f) { write_file(f / "MS_256/2.mat", "hello"); }},
      {"wrong MS key", "MS_256/2.mat: no variable imgMS, I_MS; variables: image",
       [](const fs::path& f) {
         write_array(f / "MS_256/2.mat", "image", counts({1, 4, 8, 3}));
       }},
      {"wrong PAN key", "PAN_1024/2.mat: no variable imgPAN, I_PAN, block; variables: imgMS",
       [](const fs::path& f) {
         write_array(f / "PAN_1024/2.mat", "imgMS", counts({1, 16, 32, 1}));
       }},
      {"3-D PAN", "2.mat: PAN has 3 bands, not 1",
       [](const fs::path& f) {
         write_array(f / "PAN_1024/2.mat", "imgPAN", counts({1, 16, 32, 3}));
       }},
      {"PAN not ratio times MS", "2.mat: PAN 16 x 28 is not 4 times MS 4 x 8",
       [](const fs::path& f) {
         write_array(f / "PAN_1024/2.mat", "imgPAN", counts({1, 16, 28, 1}));
       }},
      {"another ratio first", "1.mat: PAN 16 x 28 is not a whole multiple of MS 4 x 8",
       [](const fs::path& f) {
         write_array(f / "PAN_1024/1.mat", "imgPAN", counts({1, 16, 28, 1}));
       }},
      {"another number of bands", "2.mat: MS has 4 bands, 1.mat has 3",
       [](const fs::path& f) { write_mat_pair(f, "2.mat", 4); }},
      {"NaN", "2.mat: 1 values of MS are NaN or infinite",
       [](const fs::path& f) {
         auto array = counts({1, 4, 8, 3});
         array.mutable_data()[5] = NAN;
         write_array(f / "MS_256/2.mat", "imgMS", array, "double");
       }},
      {"infinity", "2.mat: 1 values of PAN are NaN or infinite",
       [](const fs::path& f) {
         auto array = counts({1, 16, 32, 1});
         array.mutable_data()[5] = INFINITY;
         write_array(f / "PAN_1024/2.mat", "imgPAN", array, "double");
       }},
  };
  for (const auto& [what, message, spoil] : cases) {
    INFO(what);
    const ScratchFolder folder;
    write_mat_pair(folder / "set", "1.mat");
    write_mat_pair(folder / "set", "2.mat");
    write_file(folder / "set/MS_256/.hidden", "passed over");
    CHECK(open_pairs((folder / "set").string(), {.max_val = 1000.0}).names() ==
          std::vector<std::string>{"1.mat", "2.mat"});
    spoil(folder / "set");
    CHECK_THAT(error_of(folder / "set"), contains(message) && contains((folder / "set").string()));
  }
}

TEST_CASE("a GeoTIFF folder without valid pairs is an error that names the file and the remedy", "[pairs]") {
  const struct {
    const char *what, *message;
    void (*spoil)(const fs::path&);
  } cases[] = {
      {"MS without PAN", "b_ms.tif: no partner b_pan.tif", [](const fs::path& f) { fs::remove(f / "b_pan.tif"); }},
      {"PAN without MS", "b_pan.tif: no partner b_ms.tif", [](const fs::path& f) { fs::remove(f / "b_ms.tif"); }},
      {"two of a name", "b_ms.tif has the same name",
       [](const fs::path& f) { fs::copy_file(f / "b_ms.tif", f / "b_ms.tiff"); }},
      {"not a raster", "b_ms.tif", [](const fs::path& f) { write_file(f / "b_ms.tif", "hello"); }},
      {"nodata", "b_ms.tif: 1 pixels of band 2 are nodata (7)",
       [](const fs::path& f) {
         auto info = north_up(500, 900, 4);
         info.bands.resize(3);
         for (auto& band : info.bands) band.nodata = 7;
         write_tiff(f / "b_ms.tif", {1, 4, 8, 3}, info);
       }},
      {"two bands in the PAN", "b: PAN has 2 bands, not 1",
       [](const fs::path& f) {
         write_tiff(f / "b_pan.tif", {1, 16, 32, 2}, north_up(500, 900, 1));
       }},
  };
  for (const auto& [what, message, spoil] : cases) {
    INFO(what);
    const ScratchFolder folder;
    write_raster_pair(folder.path(), "a");
    write_raster_pair(folder.path(), "b");
    CHECK(open_pairs(folder.path().string(), {.max_val = 1000.0}).names().size() == 2);
    spoil(folder.path());
    CHECK_THAT(error_of(folder.path()), contains(message) && contains(folder.path().string()));
  }
}

TEST_CASE("the value range of a folder is required", "[pairs]") {
  const ScratchFolder folder;
  write_mat_pair(folder.path(), "1.mat");
  CHECK_THAT(message_of(ErrorKind::usage, [&] { open_pairs(folder.path().string(), {}); }),
             contains("value range unknown"));
  CHECK_THAT(message_of(ErrorKind::usage, [&] { open_pairs(folder.path().string(), {.sensor = "MySat"}); }),
             contains("'MySat'"));
}
