#include <algorithm>
#include <filesystem>
#include <fstream>

#include "premix/io/checkpoint.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/program.hpp"
#include "support/scene_files.hpp"

// Runs the program premix-pansharpen itself.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

constexpr double max_val = 40000;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// Folder with a scene and weights. All parameters are zero, so the fused image is the enlarged MS.
struct SceneFolder {
  ScratchFolder folder;
  std::string pan = at("pan.tif"), ms = at("ms.tif"), out = at("out.tif"), weights = at("w.safetensors");

  SceneFolder() {
    const Grid grid = scene_ms_grid(24, 20);
    write_ground(ms, grid, 4, max_val);
    write_ground(pan, scene_pan_grid(grid, 2, Alignment::centres), 1, max_val);
    PreMix<float> model({.bands = 4, .embed_dim = 2});
    for (auto& parameter : parameters(model))
      std::fill_n(parameter.mutable_value().mutable_data(), parameter.value().size(), 0.0f);
    WeightsInfo info;
    info.bands = {"blue", "green", "red", "nir"};
    info.max_val = max_val;
    info.ratio = 2;
    save_weights(weights, model, info);
  }

  std::string at(const std::string& name) const { return (folder / name).string(); }
  ProgramResult run(std::vector<std::string> arguments) const { return run_program(PREMIX_PANSHARPEN, arguments); }

  std::string with_ms(const std::string& name, const ChangeRaster& change) const {
    write_ground(at(name), scene_ms_grid(24, 20), 4, max_val, change);
    return at(name);
  }
};

}  // namespace

TEST_CASE("premix-pansharpen fuses a scene on the PAN's grid and reports its settings", "[program]") {
  const SceneFolder place;
  const ProgramResult result =
      place.run({place.pan, place.ms, place.out, "-m", place.weights, "-co", "COMPRESS=DEFLATE", "-ot", "Float32"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, contains("0...10...20...30...40...50...60...70...80...90...100 - done.\n"));
  CHECK_THAT(result.out, contains("blue = band 1 of ms.tif") && contains("by position") && contains("R-ERGAS"));

  const RasterInfo written = read_raster_info(place.out), pan = read_raster_info(place.pan);
  CHECK(written.geo.geotransform == pan.geo.geotransform);
  CHECK(written.geo.crs_wkt == pan.geo.crs_wkt);
  CHECK(written.data_type == "Float32");
  CHECK(written.domains.at("PREMIX").at("WEIGHTS") == "w.safetensors");
  CHECK(written.domains.at("PREMIX").count("VERSION") == 1);
  CHECK(written.bands[3].description == "nir");
  const Grid grid = {written.width, written.height, written.geo.geotransform};
  const Window inside = {4, 4, written.height - 8, written.width - 8};
  Tensor<float> truth = ground(grid, 4);
  for (std::int64_t i = 0; i < truth.size(); ++i) truth.mutable_data()[i] *= static_cast<float>(max_val);
  CHECK(largest_difference(crop(read_raster(place.out), inside), crop(truth, inside)) < 1e-3 * max_val);
}

TEST_CASE("premix-pansharpen prints nothing with -q, and replaces its output only with --overwrite", "[program]") {
  const SceneFolder place;
  const std::vector<std::string> arguments = {
      "-q", "--model=" + place.weights, "--max_val", "40000", place.pan, place.ms, place.out};
  const ProgramResult first = place.run(arguments), second = place.run(arguments);
  CHECK(first.exit_code == 0);
  CHECK(first.out + first.err == "");
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.err, contains("out.tif") && contains("--overwrite"));
  std::vector<std::string> again = arguments;
  again.push_back("--overwrite");
  CHECK(place.run(again).exit_code == 0);
}

TEST_CASE("premix-pansharpen answers bad input with one line, the right exit code and no file", "[program]") {
  const SceneFolder place;
  const std::string plain = place.with_ms("plain.tif", [](Tensor<float>&, RasterInfo& info) { info.geo = {}; });
  const std::string far =
      place.with_ms("far.tif", [](Tensor<float>&, RasterInfo& info) { info.geo.geotransform[3] += 1e6; });
  const std::string zone17 = place.with_ms("zone17.tif", [](Tensor<float>&, RasterInfo& info) {
    std::string& wkt = info.geo.crs_wkt;
    wkt.replace(wkt.find("-87"), 3, "-81");
    wkt.replace(wkt.find("32616"), 5, "32617");
  });
  fs::copy(place.weights, place.folder / "short.safetensors");
  fs::resize_file(place.folder / "short.safetensors", fs::file_size(place.weights) - 1);
  std::ofstream(place.folder / "text.tif") << "no raster";
  const auto before = names_in(place.folder.path());

  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string part;  // of the message
  };
  const auto fused = [&](const std::string& ms, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {place.pan, ms, place.out, "-m", place.weights};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const std::vector<Case> cases = {
      {fused(plain), 3, "--assume-aligned"},
      {fused(far), 3, "no ground in common"},
      {fused(zone17), 3, "gdalwarp -t_srs EPSG:32616"},
      {fused(place.ms + ",band=1"), 3, "-b"},
      {fused(place.ms, {"-b", "1,2,3"}), 2, "3 bands"},
      {fused(place.ms, {"-b", "1", "-b", "2", "-b", "3", "-b", "9"}), 2, "-b 9"},
      {fused(place.ms, {"--max-val", "20000"}), 3, "--max-val"},
      {fused(place.ms, {"--bit-depth", "11", "--max-val", "2047"}), 2, "excludes"},
      {fused(place.ms, {"--sensor", "Sputnik"}), 2, "Sputnik"},
      {fused(place.ms, {"--assume-aligned", "somehow"}), 2, "somehow"},
      {fused(place.ms, {"--device", "7"}), 4, "CUDA"},
      {fused(place.ms, {"--threads", "0"}), 2, "--threads"},
      {fused(place.ms, {"--nonsense"}), 2, "--nonsense"},
      {fused(place.ms, {"--method", "magic"}), 2, "gsa"},
      {fused(place.ms, {"--method", "gsa"}), 2, "--model"},
      {fused(place.ms, {"-w", "1"}), 2, "brovey"},
      {fused(place.ms, {"-r", "nearest"}), 2, "cubic"},
      {fused(place.ms, {"--max-memory", "20M"}), 2, "--max-memory"},
      {fused(place.ms, {"--clahe-cell", "10"}), 2, "clahe-cell"},
      {fused(place.ms, {"--projwin", "0", "0", "1", "1"}), 2, "projwin"},
      {fused(place.ms, {"--shift", "1"}), 2, "shift"},
      {fused(place.ms, {"--list", place.at("list.txt")}), 2, "--list"},
      {{"--list", place.at("none.txt"), "-m", place.weights}, 3, "none.txt"},
      {fused(place.ms, {"-of", "NOFORMAT"}), 2, "NOFORMAT"},
      {fused(place.at("missing.tif")), 3, "missing.tif"},
      {fused(place.at("text.tif")), 3, "text.tif"},
      {{place.pan, place.ms, place.pan, "--overwrite", "-m", place.weights}, 2, "output is also an input"},
      {{place.pan, place.ms, place.at("nowhere/out.tif"), "-m", place.weights}, 1, "nowhere"},
      {{place.pan, place.ms, "/proc/out.tif", "-m", place.weights}, 1, "/proc"},
      {{place.pan, place.ms, place.out, "-m", place.at("short.safetensors")}, 3, "short.safetensors"},
      {{place.pan, place.ms, place.out, "-m", place.at("none.safetensors")}, 3, "none.safetensors"},
      {{place.pan, place.ms, place.out, "--method", "premix"}, 2, "--model"},
      {{place.pan, place.ms}, 2, "--help"},
  };
  for (const Case& wanted : cases) {
    std::string line;
    for (const std::string& argument : wanted.arguments) line += argument + ' ';
    INFO(line);
    const ProgramResult result = place.run(wanted.arguments);
    INFO(result.err);
    CHECK(result.exit_code == wanted.exit_code);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK_THAT(result.err, contains("premix-pansharpen: error: ") && contains(wanted.part));
    CHECK(names_in(place.folder.path()) == before);
  }
}

TEST_CASE("premix-pansharpen keeps nodata and fuses the rest", "[program]") {
  const SceneFolder place;
  const std::string holes = place.with_ms("holes.tif", [](Tensor<float>& counts, RasterInfo& info) {
    info.bands.assign(4, {.nodata = 0});
    std::fill_n(counts.mutable_data(), 40, 0.0f);  // ten pixels of the first row
  });
  const ProgramResult result = place.run({place.pan, holes, place.out, "-m", place.weights});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(read_raster_info(place.out).bands[2].nodata == 0.0);
  const Tensor<float> counts = read_raster(place.out);
  CHECK(counts(0, 0, 5, 0) == 0);
  CHECK(counts(0, 0, 30, 0) > 0);
  CHECK(counts(0, 12, 5, 3) > 0);
}

TEST_CASE("premix-pansharpen fuses a window like a crop of the whole, and a list of scenes with a status for each",
          "[program]") {
  const SceneFolder place;
  const std::string list = place.at("list.txt"), part = place.at("part.tif");
  std::ofstream(list) << "# scenes\n"
                      << place.pan << ' ' << place.ms << ' ' << place.out << '\n'
                      << place.at("gone.tif") << ' ' << place.ms << ' ' << place.at("no.tif") << '\n';
  const ProgramResult many = place.run({"--list", list, "-m", place.weights});
  CHECK(many.exit_code == 1);
  CHECK_THAT(many.out, contains("done: " + place.out));
  CHECK_THAT(many.err, contains("failed: " + place.at("no.tif")) && contains("gone.tif") && contains("1 of 2"));

  const ProgramResult result =
      place.run({place.pan, place.ms, part, "-m", place.weights, "-srcwin", "7", "5", "20", "11"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const Tensor<float> whole = read_raster(place.out), part_pixels = read_raster(part);
  CHECK(largest_difference(crop(whole, {5, 7, 11, 20}), part_pixels) == 0);
}

TEST_CASE("premix-pansharpen runs the baselines without weights, and estimates a shift without writing", "[program]") {
  const SceneFolder place;
  for (const std::string method : {"exp", "brovey", "gsa", "mtf-glp"}) {
    const ProgramResult result = place.run({place.pan, place.ms, place.out, "--method", method, "--overwrite"});
    INFO(result.err);
    CHECK(result.exit_code == 0);
    CHECK(read_raster_info(place.out).domains.at("PREMIX").at("METHOD") == method);
  }
  const auto before = names_in(place.folder.path());
  const ProgramResult result = place.run({"--estimate-shift", place.pan, place.ms});
  CHECK(result.exit_code == 3);  // the scene is too small to measure a shift
  CHECK_THAT(result.err, contains("32"));
  CHECK(names_in(place.folder.path()) == before);
}

TEST_CASE("premix-pansharpen reports patterns in flat areas and warns above the bound", "[program]") {
  const SceneFolder place;
  const auto fused = [&](const ChangeRaster& change) {
    const Grid grid = scene_ms_grid(80, 80);
    write_ground(place.ms, grid, 4, max_val);
    write_ground(place.pan, scene_pan_grid(grid, 2, Alignment::centres), 1, max_val, change);
    const ProgramResult result = place.run({place.pan, place.ms, place.out, "--method", "brovey", "--overwrite"});
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return result.out;
  };
  const std::string shown = "patterns in flat areas, power relative to the neighbourhood: period 2 ";
  CHECK_THAT(fused({}), contains(shown) && !contains("warning: pattern"));
  const std::string striped = fused([](Tensor<float>& counts, RasterInfo&) {
    for (std::int64_t i = 0; i < counts.size(); ++i)
      if (i % counts.shape().w % 2 == 0) counts.mutable_data()[i] += 1000;
  });
  CHECK_THAT(striped, contains(shown) && contains("warning: pattern of period 2 in flat areas: ") &&
                          contains("2 is the bound. Check the PAN and the MS for stripes.\n") &&
                          !contains("pattern of period 4"));
}

TEST_CASE("the example fuse_scene makes the product of premix-pansharpen and reports the same errors", "[program]") {
  const SceneFolder place;
  const std::string same = place.at("same.tif");
  REQUIRE(place.run({place.pan, place.ms, place.out, "-m", place.weights}).exit_code == 0);
  const ProgramResult result = run_program(PREMIX_FUSE_SCENE, {place.pan, place.ms, place.weights, same});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.out, contains("same.tif: "));
  CHECK(largest_difference(read_raster(same), read_raster(place.out)) == 0);
  CHECK(read_raster_info(same).domains == read_raster_info(place.out).domains);

  const ProgramResult missing =
      run_program(PREMIX_FUSE_SCENE, {place.at("gone.tif"), place.ms, place.weights, place.at("no.tif")});
  CHECK(missing.exit_code == 3);
  CHECK_THAT(missing.err, contains("gone.tif"));
  CHECK(run_program(PREMIX_FUSE_SCENE, {}).exit_code == 2);
}
