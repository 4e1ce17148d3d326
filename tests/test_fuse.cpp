#include "premix/infer/network/fuse.hpp"

#include <algorithm>
#include <vector>

#include "premix/image/window.hpp"
#include "premix/infer/bands.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"

using namespace premix;
using testing::uniform_image;

namespace {

PreMix<float> small_network() { return PreMix<float>({.bands = 3, .embed_dim = 4, .seed = 7}); }

}  // namespace

TEST_CASE("a network with zero parameters returns the enlarged MS at any size", "[fuse]") {
  PreMix<float> model = small_network();
  for (auto& parameter : parameters(model))
    std::fill_n(parameter.mutable_value().mutable_data(), parameter.value().size(), 0.0f);
  for (const auto& [h, w] : {std::pair<std::int64_t, std::int64_t>{33, 47}, {7, 9}, {16, 12}, {13, 1000}}) {
    const auto up_ms = uniform_image<float>({1, h, w, 3}, 0, 1, 1);
    CHECK(testing::same_bits(fuse(model, up_ms, uniform_image<float>({1, h, w, 1}, 0, 1, 2)), up_ms));
  }
}

TEST_CASE("fuse pads the images below and to the right, and crops the result", "[fuse]") {
  const PreMix<float> model = small_network();
  const auto up_ms = uniform_image<float>({1, 33, 47, 3}, 0, 1, 1), pan = uniform_image<float>({1, 33, 47, 1}, 0, 1, 2);
  const auto mirrored = [](const Tensor<float>& image) {
    return testing::image_of<float>({1, 36, 48, image.shape().c}, [&](auto, auto y, auto x, auto c) {
      return image(0, y < 33 ? y : 64 - y, x < 47 ? x : 92 - x, c);
    });
  };
  const Tensor<float> whole = model(mirrored(up_ms), mirrored(pan)).value();
  CHECK(testing::same_bits(fuse(model, up_ms, pan), crop(whole, {0, 0, 33, 47})));
}

TEST_CASE("fuse reports increasing progress up to 1", "[fuse]") {
  std::vector<double> reports;
  const auto ms = uniform_image<float>({1, 12, 12, 3}, 0, 1, 1), pan = uniform_image<float>({1, 12, 12, 1}, 0, 1, 2);
  fuse(small_network(), ms, pan, {.progress = [&](double done) { reports.push_back(done); }});
  CHECK(reports.size() == 9);  // one per sub-model
  CHECK(std::is_sorted(reports.begin(), reports.end()));
  CHECK(reports.back() == 1);
}

TEST_CASE("images of wrong sizes or bands are errors", "[fuse]") {
  const PreMix<float> model = small_network();
  const auto image = [](std::int64_t h, std::int64_t w, std::int64_t c) {
    return uniform_image<float>({1, h, w, c}, 0, 1, 1);
  };
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { fuse(model, image(6, 20, 3), image(6, 20, 1)); }),
             contains("6 x 20"));
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { fuse(model, image(16, 20, 3), image(16, 16, 1)); }),
             contains("(1, 16, 16, 1)"));
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { fuse(model, image(16, 20, 4), image(16, 20, 1)); }),
             contains("4 bands"));
}

TEST_CASE("bands are matched by the meaning of their names, else by position", "[bands]") {
  const std::vector<std::string> wanted = {"blue", "green", "red", "nir"};
  const auto bands = [&](const std::vector<std::string>& found) { return match_bands(wanted, found).bands; };
  CHECK(bands({"Red", "GREEN", "b", "Near-Infrared 1"}) == std::vector{3, 2, 1, 4});
  CHECK(bands({"coastal", "Blue", "Green", "Yellow", "Red", "Red Edge", "NIR1", "NIR2"}) == std::vector{2, 3, 5, 7});
  CHECK(match_bands(wanted, {"Red", "GREEN", "b", "nir"}).by == MatchedBy::name);
  CHECK(bands({"", "", "", ""}) == std::vector{1, 2, 3, 4});
  CHECK(bands({"B2", "B3", "B4", "B5"}) == std::vector{1, 2, 3, 4});
  CHECK(match_bands(wanted, {"", "", "", ""}).by == MatchedBy::position);
  CHECK(match_bands({"", "", ""}, {"a", "b", "c"}).bands == std::vector{1, 2, 3});
}

TEST_CASE("bands without a unique match are errors that name the option bands", "[bands]") {
  const std::vector<std::string> wanted = {"blue", "green", "red", "nir"};
  const std::vector<std::vector<std::string>> cases = {
      {"blue", "green", "red", "swir1"}, {"blue", "blue", "green", "red", "nir"}, {"", "", ""}};
  for (const auto& found : cases)
    CHECK_THAT(message_of(ErrorKind::data, [&] { match_bands(wanted, found); }), contains("Set bands"));
  CHECK(numbered_bands(wanted, {5, 4, 3, 2}, 7).bands == std::vector{5, 4, 3, 2});
  CHECK_THAT(message_of(ErrorKind::usage, [&] { numbered_bands(wanted, {5, 4, 3}, 7); }), contains("3 bands"));
  CHECK_THAT(message_of(ErrorKind::usage, [&] { numbered_bands(wanted, {5, 4, 3, 8}, 7); }), contains("bands = 8"));
}
