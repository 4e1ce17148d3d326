#include <cstdlib>
#include <filesystem>

#include "premix/infer/shift/shift.hpp"
#include "premix/io/raster.hpp"
#include "support/catch.hpp"
#include "support/scene_in_memory.hpp"

// Shifts of real scenes outside the project, in the folder that PREMIX_DATA_DIR names.

using namespace premix;
using namespace premix::testing;

namespace {

std::string file(const std::string& name) {
  const char* data = std::getenv("PREMIX_DATA_DIR");
  return (std::filesystem::path(data ? data : "") / name).string();
}

bool has_scene(const std::string& folder) { return std::filesystem::is_directory(file(folder)); }

// Reads PAN and MS. The bands are in separate files or in one.
SceneInMemory scene_of(const std::string& pan, const std::vector<std::string>& bands, double max_val) {
  const auto grid = [](const std::string& path) {
    const RasterInfo info = read_raster_info(path);
    return Grid{info.width, info.height, info.geo.geotransform};
  };
  SceneInMemory scene = {.pan = read_raster(pan), .ms = read_raster(bands.front()), .map = {}};
  if (bands.size() > 1) {
    const auto count = static_cast<std::int64_t>(bands.size());
    scene.ms = Tensor<float>({1, scene.ms.shape().h, scene.ms.shape().w, count});
    for (std::int64_t band = 0; band < count; ++band) {
      const Tensor<float> one = read_raster(bands[static_cast<std::size_t>(band)]);
      for (std::int64_t i = 0; i < one.size(); ++i) scene.ms.mutable_data()[i * count + band] = one.data()[i];
    }
  }
  for (Tensor<float>* image : {&scene.pan, &scene.ms})
    for (std::int64_t i = 0; i < image->size(); ++i) image->mutable_data()[i] /= static_cast<float>(max_val);
  scene.map = map_by_geotransform(grid(pan), grid(bands.front()));
  return scene;
}

}  // namespace

TEST_CASE("real scenes: the shift of worldview2-rotterdam is found", "[shift][data]") {
  if (!has_scene("worldview2-rotterdam"))
    PREMIX_SKIP("no worldview2-rotterdam in the folder that PREMIX_DATA_DIR names");
  SceneInMemory scene = scene_of(file("worldview2-rotterdam/pan.tif"), {file("worldview2-rotterdam/ms.tif")}, 2047);
  const ShiftReport report = estimate_shift(scene.source());
  CAPTURE(describe(report));
  CHECK(report.recommended.dx == Approx(1.25).margin(0.25));
  CHECK(report.recommended.dy == Approx(0.5).margin(0.25));
  CHECK(report.all.windows_used == 9);
  CHECK(report.constant);

  scene.map = corrected(scene.map, report.recommended.dx, report.recommended.dy);
  const ShiftReport again = estimate_shift(scene.source());
  CHECK(std::abs(again.recommended.dx) < 0.05);
  CHECK(std::abs(again.recommended.dy) < 0.05);
}

TEST_CASE("real scenes: the jump in landsat8-elkton is not a constant shift", "[shift][data]") {
  if (!has_scene("landsat8-elkton")) PREMIX_SKIP("no landsat8-elkton in the folder that PREMIX_DATA_DIR names");
  const auto band = [](int number) {
    return file("landsat8-elkton/L8-B" + std::to_string(number) + "-Elkton-VA.tiff");
  };
  SceneInMemory scene = scene_of(band(8), {band(2), band(3), band(4), band(5)}, 65535);
  const ShiftReport report = estimate_shift(scene.source());
  CAPTURE(describe(report));
  CHECK_FALSE(report.constant);
  CHECK(report.difference_of_columns > 1.2);
}

TEST_CASE("real scenes: landsat8-momotombo is aligned except where terrain or clouds are high", "[shift][data]") {
  if (!has_scene("landsat8-momotombo")) PREMIX_SKIP("no landsat8-momotombo in the folder that PREMIX_DATA_DIR names");
  const auto band = [](int number) { return file("landsat8-momotombo/B" + std::to_string(number) + ".tif"); };
  SceneInMemory scene = scene_of(band(8), {band(2), band(3), band(4), band(5)}, 65535);
  const ShiftReport report = estimate_shift(scene.source());
  CAPTURE(describe(report));
  // No shift in the plain. A third of a pixel right and down in the east, up to 1.5 pixels up in the clouds of the
  // north-west.
  CHECK(std::abs(report.recommended.dx) < 0.25);
  CHECK(std::abs(report.recommended.dy) < 0.25);
  CHECK(report.all.windows_used > 50);
  CHECK_FALSE(report.constant);
}
