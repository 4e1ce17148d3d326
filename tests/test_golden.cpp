#include "support/golden.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>

#include "support/catch.hpp"

using namespace premix;
namespace fs = std::filesystem;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Returns the sources of the tests and of the checks shared between devices.
std::string all_test_sources() {
  std::string text;
  for (const char* folder : {"tests", "tests/golden_checks"})
    for (const auto& entry : fs::directory_iterator(fs::path(PREMIX_SOURCE_DIR) / folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path());
      text.append(std::istreambuf_iterator<char>(in), {});
    }
  return text;
}

Tensor<double> row(std::vector<double> values) {
  return Tensor<double>::from({1, 1, 1, static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

TEST_CASE("golden: every file in the folder is of a known kind", "[golden]") {
  if (!fs::is_directory(golden::folder()))
    PREMIX_SKIP("no folder " << golden::folder().string() << "; set PREMIX_GOLDEN_DIR");
  std::vector<std::string> unknown;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(golden::folder())) {
    const std::string name = entry.path().filename().string();
    if (name == "README.md") continue;
    ++files;
    if (std::none_of(golden::kinds().begin(), golden::kinds().end(),
                     [&](const auto& kind) { return golden::fits(kind, name); }))
      unknown.push_back(name);
  }
  CHECK(unknown == std::vector<std::string>());
  CHECK(files > 0);
  std::cout << "golden: " << files << " files of " << golden::kinds().size() << " kinds in "
            << golden::folder().string() << '\n';
}

TEST_CASE("golden: every known kind is compared by some test", "[golden]") {
  const std::string sources = all_test_sources();
  std::vector<std::string> unused;
  for (const auto& kind : golden::kinds())
    if (sources.find('"' + kind + '"') == std::string::npos) unused.push_back(kind);
  CHECK(unused == std::vector<std::string>());
}

TEST_CASE("golden: files match the configurations and shapes of their manifest", "[golden]") {
  golden::for_each_json("manifest.json", [](const nlohmann::json& manifest) {
    int compared = 0;
    for (const auto& [name, described] : manifest.items()) {
      const fs::path path = golden::folder() / (name + ".safetensors");
      if (!fs::exists(path)) continue;  // a subset keeps the manifest of the whole
      const golden::File file(path);
      INFO(file.name());
      CHECK(file.config() == described.at("config"));
      for (const auto& [tensor, description] : described.at("tensors").items()) {
        const auto* entry = file.reader().find(tensor);
        INFO(tensor);
        REQUIRE(entry != nullptr);
        CHECK(entry->shape == description.at("shape").get<std::vector<std::int64_t>>());
        ++compared;
      }
    }
    return compared;
  });
}

TEST_CASE("a golden comparison is relative to the largest element, and NaN and infinity must agree", "[golden]") {
  CHECK(golden::relative_difference(row({1, -4}), row({1.5, -4})) == 0.125);
  CHECK(golden::relative_difference(row({0, 1e-3}), row({0, 0})) == 1e-3);
  CHECK(golden::relative_difference(row({not_a_number, infinity, 2}), row({not_a_number, infinity, 2})) == 0);
  CHECK(golden::relative_difference(row({not_a_number, 2}), row({1, 2})) == infinity);
  CHECK(golden::relative_difference(row({1, 2}), row({not_a_number, 2})) == infinity);
  CHECK(golden::relative_difference(row({-infinity, 2}), row({infinity, 2})) == infinity);
  CHECK(golden::relative_difference(row({1, 2}), row({1, 2, 3})) == infinity);
}

TEST_CASE("filters convert from band-major to tap-major and back", "[golden]") {
  const auto files = row({00, 01, 02, 10, 11, 12});  // band, tap
  const auto ours = golden::tap_major(files, 3);
  CHECK(golden::relative_difference(ours, row({00, 10, 01, 11, 02, 12})) == 0);
  CHECK(golden::relative_difference(golden::band_major(ours, 3), files) == 0);
}
