#include <cstdlib>
#include <filesystem>

#include "premix/infer/scene/scene.hpp"
#include "support/catch.hpp"
#include "support/scene_case.hpp"

// Real scenes outside the project, in the folder that PREMIX_DATA_DIR names.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

fs::path data(const std::string& scene) {
  const char* folder = std::getenv("PREMIX_DATA_DIR");
  return fs::path(folder ? folder : "") / scene;
}

std::vector<std::string> paths_in(const fs::path& folder, const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back((folder / name).string());
  return paths;
}

}  // namespace

TEST_CASE("real scenes: landsat8-momotombo opens with Landsat's geometry and exact corners", "[scene][data]") {
  const fs::path folder = data("landsat8-momotombo");
  if (!fs::is_directory(folder)) PREMIX_SKIP("no landsat8-momotombo in the folder that PREMIX_DATA_DIR names");
  const WantedBands wanted = {.count = 4, .names = {"blue", "green", "red", "nir"}, .ratio = 2, .max_val = 65535};
  const auto open = [&](const SceneOptions& options) {
    return open_scene((folder / "B8.tif").string(), paths_in(folder, {"B5.tif", "B4.tif", "B3.tif", "B2.tif"}), wanted,
                      options);
  };
  const Scene scene = open({});
  CHECK(scene.matched_by == MatchedBy::name);
  CHECK(fs::path(scene.bands[0].path).filename() == "B2.tif");
  CHECK(scene.source.geometry.part == Window{0, 0, 668, 935});
  CHECK(scene.source.geometry.map.columns.scale == 0.5);
  CHECK(scene.source.geometry.map.columns.offset == Approx(0).margin(1e-12));
  CHECK(scene.source.geometry.map.rows.offset == -0.5);
  CHECK(scene.output.geo.geotransform == std::array<double, 6>{543982.5, 15, 0, 1379002.5, 0, -15});
  CHECK(scene.output.width == 935);
  CHECK(scene.output.height == 668);
  CHECK(scene.output.bands[3].description == "NIR");
  CHECK(scene.warnings.empty());
  CHECK(read_pan(scene).invalid() + read_ms(scene).invalid() == 0);

  // The MS extends beyond the PAN: half a PAN pixel in the west and in the east, 1.5 pixels in the south.
  CHECK(open({.extent = Extent::union_}).product == Window{0, -1, 669, 937});
  const Scene crop = open({.projwin = GroundBox{545000, 1378000, 546000, 1377000}});
  CHECK(crop.product == Window{66, 67, 67, 67});
  CHECK(crop.output.geo.geotransform == std::array<double, 6>{544987.5, 15, 0, 1378012.5, 0, -15});
}

TEST_CASE("real scenes: landsat8-elkton opens with its uneven ratios", "[scene][data]") {
  const fs::path folder = data("landsat8-elkton");
  if (!fs::is_directory(folder)) PREMIX_SKIP("no landsat8-elkton in the folder that PREMIX_DATA_DIR names");
  std::vector<std::string> names;
  for (int band = 1; band <= 7; ++band) names.push_back("L8-B" + std::to_string(band) + "-Elkton-VA.tiff");
  const Scene scene = open_scene((folder / "L8-B8-Elkton-VA.tiff").string(), paths_in(folder, names),
                                 {.count = 4, .names = {"blue", "green", "red", "nir"}, .ratio = 2, .max_val = 65535},
                                 {.bands = {2, 3, 4, 5}});
  CHECK(scene.source.geometry.map.column_ratio() == Approx(1.9946).margin(1e-4));
  CHECK(scene.source.geometry.map.row_ratio() == Approx(1.9941).margin(1e-4));
  CHECK(scene.source.geometry.part == Window{0, 0, 337, 371});
  CHECK(scene.product == scene.source.geometry.part);
  CHECK(scene.output.geo.area_or_point == "Point");
  CHECK(scene.warnings.empty());
  CHECK(read_pan(scene).invalid() + read_ms(scene).invalid() == 0);
}

TEST_CASE("real scenes: worldview2-rotterdam opens by the names of its bands", "[scene][data]") {
  const fs::path folder = data("worldview2-rotterdam");
  if (!fs::is_directory(folder)) PREMIX_SKIP("no worldview2-rotterdam in the folder that PREMIX_DATA_DIR names");
  const WantedBands wanted = {.count = 4, .names = {"red", "green", "blue", "nir"}, .ratio = 4, .max_val = 2047};
  const auto open = [&](const SceneOptions& options) {
    return open_scene((folder / "pan.tif").string(), {(folder / "ms.tif").string()}, wanted, options);
  };
  const Scene scene = open({});
  CHECK(scene.bands[0].band == 3);
  CHECK(scene.source.geometry.map.column_ratio() == Approx(4.00025).margin(1e-5));
  CHECK(scene.output.geo.geotransform == read_raster_info((folder / "pan.tif").string()).geo.geotransform);
  CHECK_THROWS_AS(open({.max_val = 255}), Error);
}
