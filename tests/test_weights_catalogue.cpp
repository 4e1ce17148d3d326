#include "premix/infer/weights_catalogue.hpp"

#include <algorithm>
#include <fstream>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/environment.hpp"
#include "support/message_of.hpp"
#include "support/weights_folder.hpp"

using namespace premix;
using premix::testing::WeightsFolder;
namespace fs = std::filesystem;

namespace {

constexpr auto fast = WeightsQuality::fast;

// Name of the chosen weights, or "".
std::string chosen(const WeightsFolder& place, const WeightsRequest& request) {
  const auto choice = place.catalogue().choose(request);
  return choice.weights ? choice.weights->name : "";
}

}  // namespace

TEST_CASE("weights need the scene's bands, and its ratio within two per cent", "[catalogue]") {
  const WeightsFolder place;
  place.add("any-x2", 4, {.ratio = 2});
  CHECK(chosen(place, {.ratio = 2, .bands = 4}) == "any-x2");
  CHECK(chosen(place, {.ratio = 2.039, .bands = 4}) == "any-x2");
  CHECK(chosen(place, {.ratio = 1.961, .bands = 4}) == "any-x2");
  CHECK(chosen(place, {.ratio = 2.041, .bands = 4}) == "");
  CHECK(chosen(place, {.ratio = 1.959, .bands = 4}) == "");
  CHECK(chosen(place, {.ratio = 2, .bands = 3}) == "");
}

TEST_CASE("a sensor gets its own weights, else those for any sensor, never another's", "[catalogue]") {
  const WeightsFolder place;
  place.add("a-any", 4, {.ratio = 2});
  place.add("landsat", 4, {.sensors = {"L7", "L8"}, .ratio = 2});
  CHECK(chosen(place, {.sensor = "Landsat-8 OLI", .ratio = 2}) == "landsat");
  CHECK(chosen(place, {.sensor = "landsat 7", .ratio = 2}) == "landsat");
  CHECK(chosen(place, {.sensor = "L9", .ratio = 2}) == "a-any");
  CHECK(chosen(place, {.ratio = 2}) == "a-any");
  place.add("gaofen", 4, {.sensors = {"GF2"}, .ratio = 4});
  CHECK(chosen(place, {.sensor = "L8", .ratio = 4}) == "");
  CHECK(chosen(place, {.ratio = 4}) == "");
}

TEST_CASE("the wanted quality counts after the sensor, and the other serves where it is missing", "[catalogue]") {
  const WeightsFolder place;
  place.add("a-any-fast", 4, {.quality = fast, .ratio = 2});
  place.add("b-any", 4, {.ratio = 2});
  place.add("l8", 4, {.sensors = {"L8"}, .ratio = 2});
  CHECK(chosen(place, {.ratio = 2}) == "b-any");
  CHECK(chosen(place, {.ratio = 2, .quality = fast}) == "a-any-fast");
  const WeightsChoice best = place.catalogue().choose({.sensor = "L8", .ratio = 2, .quality = fast});
  REQUIRE(best.weights);
  CHECK(best.weights->name == "l8");
  CHECK_THAT(best.reason, contains("none of quality fast"));
  place.add("l8-fast", 4, {.sensors = {"L8"}, .quality = fast, .ratio = 2});
  CHECK(chosen(place, {.sensor = "L8", .ratio = 2, .quality = fast}) == "l8-fast");
  CHECK(chosen(place, {.sensor = "L8", .ratio = 2}) == "l8");
}

TEST_CASE("a choice gives its reason in words", "[catalogue]") {
  const WeightsFolder place;
  place.add("own", 7, {.sensors = {"L8"}, .ratio = 2});
  place.add("any", 4, {.ratio = 4});
  const WeightsCatalogue catalogue = place.catalogue();
  CHECK(catalogue.choose({.sensor = "Landsat-8 OLI", .ratio = 2.01, .bands = 7}).reason ==
        "for Landsat-8 OLI, ratio 2, 7 bands");
  CHECK(catalogue.choose({.sensor = "GF2"}).reason == "for any sensor (scene of GF2), ratio 4, 4 bands");
  CHECK(catalogue.choose({}).reason == "for any sensor (scene of an unknown sensor), ratio 4, 4 bands");
  CHECK(catalogue.choose({.ratio = 3.00001, .bands = 1}).reason == "no weights fit an unknown sensor, ratio 3, 1 band");
}

TEST_CASE("a sensor without a row in the table is accepted if weights name it, else refused", "[catalogue]") {
  const WeightsFolder place;
  CHECK_THAT(message_of(ErrorKind::usage, [&] { chosen(place, {.sensor = "Sputnik"}); }), contains("'Sputnik'"));
  place.add("own", 4, {.sensors = {"Sputnik"}});
  CHECK(chosen(place, {.sensor = "sputnik"}) == "own");
}

TEST_CASE("the catalogue describes weights by their headers, and reports files that it can't use", "[catalogue]") {
  const WeightsFolder place;
  place.add("w", 3, {.sensor = "GF1", .sensors = {"GF1"}, .quality = fast, .ratio = 4});
  std::ofstream(place.path("broken")) << "no weights";
  SafetensorsWriter writer;
  writer.add<float>("x", {1}, std::vector<float>{1});
  writer.write(place.path("plain"));
  std::ofstream(place.folder / "readme.md") << "about the weights";

  const WeightsCatalogue catalogue = place.catalogue();
  REQUIRE(catalogue.weights().size() == 1);
  const CatalogueWeights& found = catalogue.weights().front();
  CHECK(found.name == "w");
  CHECK(found.path == place.path("w"));
  CHECK(found.architecture.bands == 3);
  CHECK(found.info.quality == fast);
  CHECK(found.parameters == parameter_count(PreMix<float>({.bands = 3, .embed_dim = 2})));
  CHECK(found.bytes == fs::file_size(place.path("w")));
  REQUIRE(catalogue.problems().size() == 2);
  CHECK_THAT(catalogue.problems()[0].text(), contains("broken.safetensors"));
  CHECK_THAT(catalogue.problems()[1].text(), contains("plain.safetensors") && contains("no metadata"));

  std::ofstream(place.path("w"), std::ios::app) << "x";  // the numbers don't fit the header any more
  CHECK(place.catalogue().weights().empty());
}

TEST_CASE("weights are found by name, and a path stays a path", "[catalogue]") {
  const WeightsFolder place, other;
  place.add("w", 4, {});
  other.add("w", 3, {});
  other.add("x", 3, {});
  const WeightsCatalogue both({place.folder.path(), other.folder.path()});
  CHECK(both.find("w") == place.path("w"));  // the first folder's
  CHECK(both.find("x") == other.path("x"));
  CHECK(both.weights().size() == 2);
  CHECK(both.find("some/where") == "some/where");
  CHECK(both.find("none.safetensors") == "none.safetensors");
  const std::string message = message_of(ErrorKind::usage, [&] { both.find("y"); });
  CHECK_THAT(message, contains("'y'") && contains("w, x") && contains(place.text()) && contains(other.text()));
  CHECK_THAT(message_of(ErrorKind::usage, [] { WeightsCatalogue(std::vector<fs::path>()).find("y"); }),
             contains("no folder"));

  fs::create_directory(place.folder / "x");
  const fs::path before = fs::current_path();
  fs::current_path(place.folder.path());
  std::ofstream("plain") << "a file";
  CHECK(both.find("plain") == "plain");      // a file of this name wins
  CHECK(both.find("x") == other.path("x"));  // a folder does not
  fs::current_path(before);
}

TEST_CASE("PREMIX_WEIGHTS is the first folder of weights, unless it is empty or missing", "[catalogue]") {
  const WeightsFolder place;
  place.add("w", 4, {});
  const auto is_first = [&] {
    const auto folders = weights_folders();
    return !folders.empty() && folders.front() == place.folder.path();
  };
  {
    const ScopedEnvironment set("PREMIX_WEIGHTS", place.text());
    CHECK(is_first());
    CHECK(find_weights("w") == place.path("w"));
  }
  for (const std::string& value : {std::string(), place.text() + "/missing"}) {
    const ScopedEnvironment set("PREMIX_WEIGHTS", value);
    for (const fs::path& folder : weights_folders()) CHECK((!folder.empty() && folder != value));
    CHECK_FALSE(is_first());
  }
}

TEST_CASE("a program in the build tree finds the weights of the source tree", "[catalogue]") {
  const fs::path source = fs::path(PREMIX_SOURCE_DIR) / "examples/weights";
  const auto folders = weights_folders();
  const bool found = std::find(folders.begin(), folders.end(), source) != folders.end();
  CHECK(found == fs::is_directory(source));
}
