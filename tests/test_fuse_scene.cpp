#include "premix/infer/scene/fuse_scene.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <regex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "premix/infer/network/premix_inference.hpp"
#include "premix/metrics/periodicity.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scene_case.hpp"
#include "support/shifted_scene.hpp"

// Tests of whole scenes, from files to a file.

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

// A scene of two pieces, with 256 and 62 rows of the PAN, and weights for it.
struct Workplace {
  static constexpr double max_val = 40000;

  ScratchFolder folder;
  SceneFiles files = {.pan = at("pan.tif"), .ms = {at("ms.tif")}, .out = at("out.tif")};
  NetworkFusion network = {.weights = at("w.safetensors")};
  FuseSceneOptions options = {.journal_seconds = 0};

  Workplace() {
    const Grid grid = scene_ms_grid(20, 160);
    write_ground(files.ms.front(), grid, 4, max_val);
    write_ground(files.pan, scene_pan_grid(grid, 2, Alignment::centres), 1, max_val);
    write_weights("w.safetensors", 1);
  }

  std::string at(const std::string& name) const { return (folder / name).string(); }

  void write_weights(const std::string& name, float scale) const {
    PreMix<float> model({.bands = 4, .embed_dim = 8, .beta = 0.5});
    for (auto& parameter : parameters(model)) {
      float* const values = parameter.mutable_value().mutable_data();
      std::for_each(values, values + parameter.value().size(), [=](float& value) { value *= scale; });
    }
    WeightsInfo info;
    info.bands = {"blue", "green", "red", "nir"};
    info.max_val = max_val;
    info.ratio = 2;
    save_weights(at(name), model, info);
  }

  SceneReport fuse(const SceneCallbacks& callbacks = {}) const {
    return fuse_scene(files, network, options, callbacks);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path())) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

// Stops a run after its first piece.
const SceneCallbacks one_piece = {.progress = [](const SceneProgress&) { return false; }};

}  // namespace

TEST_CASE("the report of a fused scene describes scene, run and product", "[fuse_scene]") {
  const Workplace place;
  std::vector<std::string> calls;
  SceneCallbacks callbacks;
  callbacks.opened = [&](const InspectedScene& scene) {
    CHECK(scene.geometry.ms_height == 160);
    calls.push_back("opened");
  };
  callbacks.progress = [&](const SceneProgress& progress) {
    calls.push_back(concat("fused ", progress.pixels));
    return true;
  };
  callbacks.finishing = [&](double) { return true; };
  const SceneReport report = place.fuse(callbacks);

  CHECK(calls == std::vector<std::string>{"opened", "fused 9984", "fused 12441"});
  CHECK(report.geometry.pan_width == 39);
  CHECK(report.geometry.pan_height == 319);
  CHECK(report.geometry.bands == 4);
  CHECK(report.geometry.map.column_ratio() == Approx(2));
  CHECK(report.product == Window{0, 0, 319, 39});
  CHECK(report.bands[3].name == "nir");
  CHECK(report.matched_by == MatchedBy::position);
  CHECK(report.ranges[0].one == 40000);
  CHECK(report.warnings.empty());
  CHECK_FALSE(report.shift);
  CHECK(report.progress.pixels == 319 * 39);
  CHECK(report.progress.fused_pixels == 319 * 39);
  CHECK(report.file.bytes == static_cast<std::int64_t>(fs::file_size(place.files.out)));
  CHECK(report.file.clipped.size() == 4);
  REQUIRE(report.consistency);
  CHECK(report.consistency->bias.size() == 4);

  const RasterInfo product = read_raster_info(place.files.out);
  CHECK(product.domains.at("PREMIX").at("METHOD") == "premix");
  CHECK(product.domains.at("PREMIX").at("WEIGHTS") == "w.safetensors");
  CHECK(product.domains.at("PREMIX").at("CLAHE_CELL") == "64");  // 32 pixels on training images, times the ratio
  CHECK(product.domains.at("PREMIX").at("PART") == "0 0 39 319");
  CHECK(place.names() == std::vector<std::string>{"ms.tif", "out.tif", "pan.tif", "w.safetensors"});
}

TEST_CASE("one fuser fuses several scenes, and measures consistency on demand only", "[fuse_scene]") {
  Workplace place;
  place.options.measure_consistency = false;
  const SceneFuser fuse(place.network, place.options);
  CHECK_FALSE(fuse(place.files).consistency);
  SceneFiles again = place.files;
  again.out = place.at("again.tif");
  fuse(again);
  CHECK(largest_difference(read_raster(place.files.out), read_raster(again.out)) == 0);
}

TEST_CASE("a stopped run resumes with the same bits for any memory limit", "[fuse_scene]") {
  Workplace place;
  place.fuse();
  const Tensor<float> whole = read_raster(place.files.out);
  fs::remove(place.files.out);
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { place.fuse(one_piece); }),
             contains("stopped") && contains("resume") && contains("out.tif.partial"));
  CHECK_FALSE(fs::exists(place.files.out));
  place.options.resume = true;
  place.options.max_memory = std::int64_t{1} << 30;
  const SceneReport report = place.fuse();
  CHECK(report.progress.fused_pixels == 63 * 39);
  CHECK(report.progress.pixels == 319 * 39);
  CHECK_FALSE(report.consistency);  // not reported for a part, where it would mislead
  CHECK(largest_difference(read_raster(place.files.out), whole) == 0);
}

TEST_CASE("a memory limit that is too small is refused with the smallest sufficient one", "[fuse_scene][memory]") {
  Workplace place;
  const auto message_within = [&](std::int64_t limit) {
    place.options.max_memory = limit;
    return message_of(ErrorKind::usage, [&] { place.fuse(); });
  };
  const std::string refused = message_within(50000000);
  std::smatch found;
  REQUIRE(std::regex_search(refused, found, std::regex("at least ([0-9]+) MB")));
  const std::int64_t least = std::stoll(found[1]);
  CHECK_THAT(message_within((least - 1) * 1000000), contains(found[0].str()));
  CHECK(place.names() == std::vector<std::string>{"ms.tif", "pan.tif", "w.safetensors"});
  place.options.max_memory = least * 1000000;
  CHECK_NOTHROW(place.fuse());
}

TEST_CASE("a run resumes only with the options of the interrupted one", "[fuse_scene]") {
  const Workplace place;
  CHECK_THROWS_WITH(place.fuse(one_piece), contains("stopped"));
  place.write_weights("other.safetensors", 2);
  fs::copy(place.files.pan, place.at("other_pan.tif"));
  fs::copy(place.files.ms.front(), place.at("other_ms.tif"));
  struct Case {
    std::string differs;  // expected in the message
    std::function<void(Workplace&)> change;
  };
  std::vector<Case> cases = {
      {"PAN: ", [](Workplace& w) { w.files.pan = w.at("other_pan.tif"); }},
      {"MS 1: ", [](Workplace& w) { w.files.ms = {w.at("other_ms.tif")}; }},
      {"weights: ", [](Workplace& w) { w.network.weights = w.at("other.safetensors"); }},
      {"activation: ", [](Workplace& w) { w.network.mixing.activation = PreMixConfig().activation; }},
      {"beta: ", [](Workplace& w) { w.network.mixing.beta = 0.5; }},
      {"cell: ", [](Workplace& w) { w.network.clahe_cell = 32; }},
      {"back-projections: ", [](Workplace& w) { w.options.back_projections = 1; }},
      {"map: ",
       [](Workplace& w) {
         w.options.shift = {0.5, 0};
       }},
      {"map: ",
       [](Workplace& w) {
         w.options.scene.assume_aligned = Alignment::edges;
         w.options.scene.allow_ratio = true;
       }},
      {"bands: ",
       [](Workplace& w) {
         w.options.scene.bands = {2, 1, 3, 4};
       }},
      {"ranges: ", [](Workplace& w) { w.options.scene.max_val = 50000; }},
      {"nodata: ", [](Workplace& w) { w.options.scene.nodata = 7; }},
      {"ignore nodata: ", [](Workplace& w) { w.options.scene.ignore_nodata = true; }},
      {"nodata: ", [](Workplace& w) { w.options.scene.extent = Extent::union_; }},
      {"part: ",
       [](Workplace& w) {
         w.options.scene.srcwin = {0, 0, 319, 20};
       }},
      {"part: ",
       [](Workplace& w) {
         w.options.scene.projwin = {scene_west, scene_north, scene_west + 300, scene_north - 9000};
       }},
      {"type: ", [](Workplace& w) { w.options.scene.data_type = "Int32"; }},
      {"format: ", [](Workplace& w) { w.options.output.creation_options = {"COMPRESS=DEFLATE"}; }},
  };
  if (bfloat16_available())
    cases.push_back({"precision: ", [](Workplace& w) { w.network.precision = Precision::bfloat16; }});
  for (const Case& wanted : cases) {
    CAPTURE(wanted.differs);
    Workplace other;
    other.files = place.files;
    other.network = place.network;
    other.options.resume = true;
    const auto path = [&](std::string& file) { file = place.at(fs::path(file).filename().string()); };
    wanted.change(other);
    path(other.files.pan);
    path(other.files.ms.front());
    path(other.network.weights);
    CHECK_THAT(message_of(ErrorKind::usage, [&] { other.fuse(); }),
               contains("cannot continue") && contains(wanted.differs) && contains(" then, "));
  }
}

TEST_CASE("a run resumes only with the nodata value of the interrupted one, even if the output's is the same",
          "[fuse_scene]") {
  Workplace place;
  place.options.resume = true;
  place.options.scene.data_type = "Byte";  // can hold neither value, and uses 0 for both
  place.options.scene.nodata = 7777;
  CHECK_THROWS_WITH(place.fuse(one_piece), contains("stopped"));
  place.options.scene.nodata = 8888;
  CHECK_THAT(message_of(ErrorKind::usage, [&] { place.fuse(); }), contains("input nodata: 7777 then, 8888 now"));
}

TEST_CASE("a classical method resumes only with its own options", "[fuse_scene]") {
  Workplace place;
  place.options.resume = true;
  const ClassicalFusion brovey = {.method = ClassicalMethod::brovey};
  CHECK_THROWS_WITH(fuse_scene(place.files, brovey, place.options, one_piece), contains("stopped"));
  const std::vector<std::pair<std::string, FusionMethod>> others = {
      {"method: ", ClassicalFusion{.method = ClassicalMethod::exp}},
      {"method: ", place.network},
      {"band weights: ",
       ClassicalFusion{.method = ClassicalMethod::brovey, .options = {.weights = {0.4, 0.2, 0.2, 0.2}}}},
      {"MTF gains: ",
       ClassicalFusion{.method = ClassicalMethod::brovey, .options = {.mtf_gains = {0.2, 0.3, 0.3, 0.3}}}},
      {"resampling: ", ClassicalFusion{.method = ClassicalMethod::brovey, .resampling = Resampling::nearest}}};
  for (const auto& [differs, method] : others)
    CHECK_THAT(message_of(ErrorKind::usage, [&] { fuse_scene(place.files, method, place.options); }),
               contains("cannot continue") && contains(differs));
  fuse_scene(place.files, brovey, place.options);
  CHECK(fs::exists(place.files.out));
}

TEST_CASE("an input is refused as output, and errors leave no files", "[fuse_scene]") {
  Workplace place;
  place.options.output.existing = Existing::replace;
  const auto before = place.names();
  const Tensor<float> pan = read_raster(place.files.pan);
  for (const std::string& out : {place.files.pan, place.files.ms.front(), place.network.weights}) {
    SceneFiles files = place.files;
    files.out = out;
    CHECK_THAT(message_of(ErrorKind::usage, [&] { fuse_scene(files, place.network, place.options); }),
               contains("the output is also an input"));
  }
  place.files.pan += ",band=1";
  place.files.out = place.at("./pan.tif");
  CHECK_THAT(message_of(ErrorKind::usage, [&] { place.fuse(); }), contains("the output is also an input"));
  CHECK(largest_difference(read_raster(place.at("pan.tif")), pan) == 0);
  place.files.out = "";
  CHECK_THAT(message_of(ErrorKind::usage, [&] { place.fuse(); }), contains("no output"));

  place.files.out = place.at("out.tif");
  place.options.journal_seconds = 1000;
  SceneCallbacks failing;
  failing.progress = [](const SceneProgress&) -> bool { throw std::runtime_error("the screen is gone"); };
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { place.fuse(failing); }), contains("the screen is gone"));
  CHECK(place.names() == before);
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { place.fuse(one_piece); }), contains("out.tif: stopped"));
  CHECK(place.names() == before);
}

TEST_CASE("a run stopped while completing its product can resume", "[fuse_scene]") {
  Workplace place;
  place.options.overviews = Overviews::average;
  place.options.output.driver = "COG";
  const SceneCallbacks stop_at_once = {.finishing = [](double) { return false; }};
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { place.fuse(stop_at_once); }),
             contains("stopped") && contains("resume"));
  CHECK_FALSE(fs::exists(place.files.out));
  place.options.resume = true;
  CHECK(place.fuse().progress.fused_pixels == 0);
  CHECK(fs::exists(place.files.out));
}

TEST_CASE("a second reader of a scene opens its own files and reads the same pixels", "[fuse_scene][scene]") {
  const SceneCase files;
  const Scene scene = files.open();
  const ScenePixels expected = read_ms(scene);
  const SceneReader second = scene.source.another_reader();
  std::vector<float> first_values(50 * 60 * 4), second_values(first_values);
  std::vector<std::uint8_t> first_valid(50 * 60), second_valid(first_valid);
  std::thread other([&] {
    for (std::int64_t row = 0; row < 50; ++row)
      second.read_ms({row, 0, 1, 60}, second_values.data() + row * 240, second_valid.data() + row * 60);
  });
  for (std::int64_t row = 49; row >= 0; --row)
    scene.source.read_ms({row, 0, 1, 60}, first_values.data() + row * 240, first_valid.data() + row * 60);
  other.join();
  CHECK(std::equal(first_values.begin(), first_values.end(), expected.values.data()));
  CHECK(second_values == first_values);
  CHECK(second_valid == first_valid);

  fs::remove(files.ms);
  CHECK_THAT(message_of(ErrorKind::data, [&] { scene.source.another_reader(); }), contains("ms.tif"));
}

TEST_CASE("a measured shift is reported, and corrected on demand", "[fuse_scene]") {
  const SceneInMemory shifted = shifted_scene(40, 4, {{1, -2}, {1, -2}, {1, -2}});
  const ScratchFolder folder;
  const SceneFiles files = {
      .pan = (folder / "pan.tif").string(), .ms = {(folder / "ms.tif").string()}, .out = (folder / "out.tif").string()};
  RasterInfo info;
  info.geo = {.has_geotransform = true, .geotransform = {0, 1, 0, 0, 0, -1}, .crs_wkt = utm16};
  write_raster(files.pan, shifted.pan, info);
  info.geo.geotransform = {0, 4, 0, 0, 0, -4};
  write_raster(files.ms.front(), shifted.ms, info);

  const InspectedScene found = SceneFuser(ClassicalFusion{}).inspect({.pan = files.pan, .ms = files.ms, .out = {}});
  REQUIRE(found.shift);
  CHECK(found.shift->recommended.dx == Approx(1).margin(0.2));
  CHECK(found.shift->recommended.dy == Approx(-2).margin(0.2));
  CHECK_FALSE(fs::exists(files.out));

  std::vector<std::string> calls;
  SceneCallbacks callbacks;
  callbacks.opened = [&](const InspectedScene& scene) { calls.push_back(scene.shift ? "late" : "opened"); };
  callbacks.shift_measured = [&](const InspectedScene& scene) { calls.push_back(scene.shift ? "measured" : "early"); };
  const SceneReport report = fuse_scene(files, ClassicalFusion{}, {.correct_shift = true}, callbacks);
  CHECK(calls == std::vector<std::string>{"opened", "measured"});
  REQUIRE(report.shift);
  CHECK(report.geometry.map.columns.offset == found.geometry.map.columns.offset + 0.25 * report.shift->recommended.dx);
  CHECK(fs::exists(files.out));
  CHECK_THAT(
      message_of(ErrorKind::usage, [] { SceneFuser(ClassicalFusion{}, {.shift = Shift{}, .correct_shift = true}); }),
      contains("shift"));
}

TEST_CASE("the report of a fused scene has its periodicity, measured on demand", "[fuse_scene]") {
  const SceneInMemory scene = shifted_scene(40, 4, {{0, 0}, {0, 0}, {0, 0}});
  const ScratchFolder folder;
  const SceneFiles files = {
      .pan = (folder / "pan.tif").string(), .ms = {(folder / "ms.tif").string()}, .out = (folder / "out.tif").string()};
  RasterInfo info;
  info.geo = {.has_geotransform = true, .geotransform = {0, 1, 0, 0, 0, -1}, .crs_wkt = utm16};
  write_raster(files.pan, scene.pan, info);
  info.geo.geotransform = {0, 4, 0, 0, 0, -4};
  write_raster(files.ms.front(), scene.ms, info);

  FuseSceneOptions options;
  const SceneReport report = fuse_scene(files, ClassicalFusion{.method = ClassicalMethod::gsa}, options);
  const Periodicity expected = periodicity(read_raster(files.out), read_raster(files.pan)).value();
  REQUIRE(report.periodicity);
  CHECK(report.periodicity->period_2 == expected.period_2);
  CHECK(report.periodicity->period_4 == expected.period_4);
  CHECK(report.consistency);
  options.measure_periodicity = false;
  options.output.existing = Existing::replace;
  CHECK_FALSE(fuse_scene(files, ClassicalFusion{}, options).periodicity);
}
