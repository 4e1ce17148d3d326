#include <filesystem>

#include "premix/infer/scene/fuse_scene.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/environment.hpp"
#include "support/message_of.hpp"
#include "support/scene_files.hpp"
#include "support/weights_folder.hpp"

// Weights chosen for scenes, called from C++.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

constexpr double max_val = 40000;

// Scenes of ratio 2, and installed weights for Landsat-8, for Gaofen-2 and for any sensor.
struct Workplace {
  ScratchFolder folder;
  WeightsFolder weights;
  ScopedEnvironment installed{"PREMIX_WEIGHTS", weights.text()};

  Workplace() {
    weights.add("landsat8-x2", 4, {.sensors = {"L8"}, .max_val = max_val, .ratio = 2});
    weights.add("gaofen2-x2", 4, {.sensors = {"GF2"}, .max_val = max_val, .ratio = 2});
    weights.add("any-x2", 4, {.max_val = 60000, .ratio = 2});
  }

  // A scene whose PAN has this name.
  SceneFiles scene(const std::string& pan, const ChangeRaster& change = {}) const {
    const Grid grid = scene_ms_grid(24, 20);
    write_ground(at("ms.tif"), grid, 4, max_val);
    write_ground(at(pan), scene_pan_grid(grid, 2, Alignment::centres), 1, max_val, change);
    return {.pan = at(pan), .ms = {at("ms.tif")}, .out = at("out.tif")};
  }
  std::string at(const std::string& name) const { return (folder / name).string(); }
};

const FuseSceneOptions overwriting = {.output = {.existing = Existing::replace}};

std::string chosen(const SceneFiles& files, const AutomaticFusion& method, const SceneOptions& scene = {}) {
  FuseSceneOptions options = overwriting;
  options.scene = scene;
  return fuse_scene(files, method, options).choice.value().name;
}

}  // namespace

TEST_CASE("a scene's sensor is taken from metadata, else file names, else the TIFF description", "[automatic_fusion]") {
  const Workplace place;
  const auto satellite = [](Tensor<float>&, RasterInfo& info) {
    info.domains["IMAGERY"]["SATELLITEID"] = "LANDSAT_8 OLI_TIRS";
  };
  const auto description = [](Tensor<float>&, RasterInfo& info) {
    info.metadata["TIFFTAG_IMAGEDESCRIPTION"] = "ortho of Gaofen-2";
  };
  CHECK(chosen(place.scene("GF2_pan.tif", satellite), {}) == "landsat8-x2");
  CHECK(chosen(place.scene("LC08_pan.tif", description), {}) == "landsat8-x2");
  CHECK(chosen(place.scene("pan.tif", description), {}) == "gaofen2-x2");
  CHECK(chosen(place.scene("pan.tif"), {}) == "any-x2");
  CHECK(chosen(place.scene("LC08_pan.tif"), {.sensor = "GF2"}) == "gaofen2-x2");
}

TEST_CASE("weights for any sensor get the range of a known sensor, own weights keep theirs", "[automatic_fusion]") {
  const Workplace place;
  const auto range = [&](const SceneFiles& files, std::optional<double> given = {}) {
    FuseSceneOptions options = overwriting;
    options.scene.max_val = given;
    return fuse_scene(files, AutomaticFusion{}, options).ranges.front().one;
  };
  CHECK(range(place.scene("LC08_pan.tif")) == max_val);
  CHECK(range(place.scene("pan.tif")) == 60000);
  CHECK(range(place.scene("LC09_pan.tif")) == 65535);
  CHECK(range(place.scene("LC09_pan.tif"), 50000) == 50000);
}

TEST_CASE("a fuser keeps the network while consecutive scenes choose the same", "[automatic_fusion]") {
  const Workplace place;
  const SceneFuser fuse(AutomaticFusion{}, overwriting);
  const SceneFiles landsat = place.scene("LC08_pan.tif"), gaofen = place.scene("GF2_pan.tif");
  CHECK(fuse(landsat).choice.value().name == "landsat8-x2");
  fs::remove(place.weights.path("landsat8-x2"));
  CHECK(fuse(landsat).choice.value().name == "landsat8-x2");
  CHECK(fuse(gaofen).choice.value().name == "gaofen2-x2");
  message_of(ErrorKind::data, [&] { fuse(landsat); });
  CHECK(fuse(gaofen).choice.value().name == "gaofen2-x2");
}

TEST_CASE("the choice enters the resume key", "[automatic_fusion]") {
  const Workplace place;
  const SceneFiles files = place.scene("pan.tif");
  FuseSceneOptions options = {.overviews = Overviews::average, .resume = true, .journal_seconds = 0};
  options.output.driver = "COG";  // completed in a second pass, which can be stopped
  const SceneCallbacks stop = {.finishing = [](double) { return false; }};
  CHECK_THROWS_AS(fuse_scene(files, AutomaticFusion{.sensor = "L8"}, options, stop), Error);
  CHECK_THROWS_WITH(fuse_scene(files, AutomaticFusion{.sensor = "GF2"}, options), contains("weights: "));
  CHECK(fuse_scene(files, AutomaticFusion{.sensor = "L8"}, options).progress.fused_pixels == 0);
  CHECK(read_raster_info(files.out).domains.at("PREMIX").at("WEIGHTS") == "landsat8-x2.safetensors");
}

TEST_CASE("a scene that no weights fit is fused by MTF-GLP", "[automatic_fusion]") {
  const Workplace place;
  const SceneFiles files = place.scene("LC08_pan.tif");
  const SceneReport report = fuse_scene(files, AutomaticFusion{}, {.scene = {.bands = {1, 2}}});
  CHECK(report.choice.value().name.empty());
  CHECK(report.choice.value().reason == "no weights fit Landsat-8 OLI, ratio 2, 2 bands; sensor by file names");
  CHECK(read_raster_info(files.out).domains.at("PREMIX").at("METHOD") == "mtf-glp");
}
