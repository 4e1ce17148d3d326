#include <algorithm>
#include <fstream>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/environment.hpp"
#include "support/program.hpp"
#include "support/scene_files.hpp"
#include "support/weights_folder.hpp"

// premix-pansharpen without --model: the program chooses installed weights.

using namespace premix;
using namespace premix::testing;

namespace {

constexpr double max_val = 40000;

// A scene of ratio 2 and four bands whose files name no sensor, and installed weights.
struct Workplace {
  ScratchFolder folder;
  WeightsFolder weights;
  ScopedEnvironment installed{"PREMIX_WEIGHTS", weights.text()};
  std::string pan = at("pan.tif"), ms = at("ms.tif"), out = at("out.tif");

  Workplace() {
    const Grid grid = scene_ms_grid(24, 20);
    write_ground(ms, grid, 4, max_val);
    for (const char* name : {"pan.tif", "LC08_pan.tif"})
      write_ground(at(name), scene_pan_grid(grid, 2, Alignment::centres), 1, max_val);
    weights.add("landsat8-x2", 4, {.sensors = {"L8"}, .max_val = max_val, .ratio = 2});
    weights.add("any-x2", 4, {.max_val = max_val, .ratio = 2});
    weights.add("any-x2-fast", 4, {.quality = WeightsQuality::fast, .max_val = max_val, .ratio = 2});
    weights.add("any-x4", 4, {.max_val = max_val, .ratio = 4});
    weights.add("any-x2-three", 3, {.max_val = max_val, .ratio = 2});
  }

  std::string at(const std::string& name) const { return (folder / name).string(); }
  ProgramResult run(std::vector<std::string> arguments) const { return run_program(PREMIX_PANSHARPEN, arguments); }

  // Fuses and returns what the program printed; checks which weights the product names ("": none).
  std::string fuse(const std::vector<std::string>& more, const std::string& weights_name, std::string from = "") const {
    std::vector<std::string> arguments = {from.empty() ? pan : from, ms, out, "--overwrite"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run(arguments);
    INFO(result.err << result.out);
    REQUIRE(result.exit_code == 0);
    const auto made = read_raster_info(out).domains.at("PREMIX");
    CHECK(made.at("METHOD") == (weights_name.empty() ? "mtf-glp" : "premix"));
    if (!weights_name.empty()) CHECK(made.at("WEIGHTS") == weights_name + ".safetensors");
    return result.out;
  }
};

}  // namespace

TEST_CASE("premix-pansharpen chooses weights by sensor, ratio and bands, and says why in one line", "[program]") {
  const Workplace place;
  CHECK_THAT(place.fuse({}, "any-x2"),
             contains("weights any-x2: for any sensor (scene of an unknown sensor), ratio 2, 4 bands\n"));
  CHECK_THAT(place.fuse({}, "landsat8-x2", place.at("LC08_pan.tif")),
             contains("weights landsat8-x2: for Landsat-8 OLI, ratio 2, 4 bands; sensor by file names\n"));
  CHECK_THAT(place.fuse({"--sensor", "L8"}, "landsat8-x2"), contains("range 0 to 40000, the weights'"));
  CHECK_THAT(place.fuse({"--sensor", "L8", "--max-val", "50000"}, "landsat8-x2"),
             contains("range 0 to 50000, as given"));
  CHECK_THAT(place.fuse({"--sensor", "L9"}, "any-x2"), contains("range 0 to 65535, the sensor's"));
  CHECK_THAT(place.fuse({"-b", "1,2,3"}, "any-x2-three"), contains("3 bands"));
  CHECK_THAT(place.fuse({"--quality", "fast"}, "any-x2-fast"), contains("weights any-x2-fast"));
  CHECK(place.fuse({"-q"}, "any-x2").empty());
}

TEST_CASE("premix-pansharpen's chosen weights make the product of the same weights given by name or path",
          "[program]") {
  const Workplace place;
  place.fuse({"--sensor", "L8"}, "landsat8-x2");
  const Tensor<float> chosen = read_raster(place.out);
  place.fuse({"-m", "landsat8-x2"}, "landsat8-x2");
  CHECK(largest_difference(read_raster(place.out), chosen) == 0);
  place.fuse({"-m", place.weights.path("landsat8-x2")}, "landsat8-x2");
  CHECK(largest_difference(read_raster(place.out), chosen) == 0);
}

TEST_CASE("premix-pansharpen fuses by MTF-GLP where no weights fit", "[program]") {
  const Workplace place;
  CHECK_THAT(place.fuse({"-b", "1,2"}, ""), contains("MTF-GLP: no weights fit an unknown sensor, ratio 2, 2 bands\n") &&
                                                contains("counts as they are"));
  const ScratchFolder empty;
  const ScopedEnvironment installed("PREMIX_WEIGHTS", empty.path().string());
  CHECK_THAT(place.fuse({"-b", "1,2"}, ""), contains("MTF-GLP: no weights fit"));
}

TEST_CASE("premix-pansharpen chooses for each scene of a list", "[program]") {
  const Workplace place;
  const std::string list = place.at("list.txt");
  std::ofstream(list) << place.at("LC08_pan.tif") << ' ' << place.ms << ' ' << place.at("a.tif") << '\n'
                      << place.pan << ' ' << place.ms << ' ' << place.at("b.tif") << '\n';
  const ProgramResult result = place.run({"--list", list});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, contains("weights landsat8-x2: ") && contains("weights any-x2: "));
  CHECK(read_raster_info(place.at("a.tif")).domains.at("PREMIX").at("WEIGHTS") == "landsat8-x2.safetensors");
  CHECK(read_raster_info(place.at("b.tif")).domains.at("PREMIX").at("WEIGHTS") == "any-x2.safetensors");
}

TEST_CASE("premix-pansharpen lists the installed weights in a table", "[program]") {
  const Workplace place;
  std::ofstream(place.weights.path("broken")) << "no weights";
  const ProgramResult result = place.run({"-m", "list"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, contains("name") && contains("parameters") && contains("MB"));
  std::istringstream lines(result.out);
  std::string line;
  while (std::getline(lines, line) && !line.starts_with("landsat8-x2 ")) {
  }
  CHECK_THAT(line, contains(" L8 ") && contains(" 2 ") && contains(" 4 ") && contains(" best ") &&
                       contains(place.weights.path("landsat8-x2")));
  CHECK_THAT(result.err, contains("unusable: ") && contains("broken.safetensors"));
}

TEST_CASE("premix-pansharpen refuses unknown weights and contradicting flags with one line", "[program]") {
  const Workplace place;
  struct Case {
    std::vector<std::string> flags;
    std::string part;
  };
  const std::vector<Case> cases = {
      {{"-m", "landsat9-x2"},
       "no weights named 'landsat9-x2'. Known: any-x2, any-x2-fast, any-x2-three, any-x4, landsat8-x2"},
      {{"-m", "landsat9-x2"}, place.weights.text()},
      {{"--sensor", "Sputnik"}, "Sputnik"},
      {{"--method", "premix"}, "needs --model"},
      {{"-m", "any-x2", "--quality", "fast"}, "--quality"},
      {{"--method", "gsa", "--quality", "fast"}, "--quality"},
      {{"--quality", "worst"}, "worst"},
      {{"--activation", "sigmoid"}, "--model"},
      {{"-m", "any-x2", "--sensor", "L8", "--max-val", "50000"}, "--sensor"},
  };
  for (const Case& wanted : cases) {
    std::vector<std::string> arguments = {place.pan, place.ms, place.out};
    arguments.insert(arguments.end(), wanted.flags.begin(), wanted.flags.end());
    const ProgramResult result = place.run(arguments);
    INFO(result.err);
    CHECK(result.exit_code == 2);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK_THAT(result.err, contains(wanted.part));
  }
}
