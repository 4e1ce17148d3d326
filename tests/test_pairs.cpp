#include "premix/data/pairs.hpp"

#include <cmath>

#include "premix/data/pair_file.hpp"
#include "premix/io/safetensors.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/pairs.hpp"
#include "support/scratch.hpp"

using namespace premix;

namespace {

// Source with a valid image "a" and the given image "b".
PairSource with_second(ImagePair second) {
  return {"set", {"a", "b"}, {.max_val = 100}, [second](const std::string& name) {
            return name == "a" ? noise_pair("a", 8, 12, 3, 4) : second;
          }};
}

PairSource with_first(const ImagePair& first, std::optional<int> ratio) {
  return {"set", {"a"}, {.max_val = 100, .ratio = ratio}, [&](const std::string&) { return first; }};
}

std::string load_error(ImagePair second) {
  return message_of(ErrorKind::data, [&] { with_second(second).load("b"); });
}

}  // namespace

TEST_CASE("a source sorts its names as byte strings and takes ratio and bands from its first pair", "[pairs]") {
  const auto source = noise_source({"2", "10", "b", "B"});
  CHECK(source->names() == std::vector<std::string>{"10", "2", "B", "b"});
  CHECK(source->ratio() == 4);
  CHECK(source->bands() == 3);
  CHECK(source->max_val() == 100.0);
  const ImagePair pair = source->load("2");
  CHECK(pair.name == "2");
  CHECK(same_bits(pair.pan, noise_pair("2", 16, 24, 3, 4).pan));
  CHECK_THAT(message_of(ErrorKind::data, [&] { source->load("3"); }), contains("noise: no image '3'"));
}

TEST_CASE("the ratio must be an integer, equal along both axes, and match the data", "[pairs]") {
  const auto pan = [](std::int64_t h, std::int64_t w) {
    return ImagePair{"a", Tensor<float>::zeros({1, 8, 12, 3}), Tensor<float>::zeros({1, h, w, 1})};
  };
  CHECK(with_first(pan(8, 12), 1).ratio() == 1);
  CHECK_THAT(message_of(ErrorKind::data, [&] { with_first(pan(8, 12), std::nullopt); }),
             contains("set: a: PAN and MS have the same size, 8 x 12"));
  CHECK(with_first(pan(24, 36), std::nullopt).ratio() == 3);
  CHECK(with_first(pan(24, 36), 3).ratio() == 3);
  for (const auto& [h, w] : {std::pair{30, 48}, {32, 47}, {16, 48}, {4, 6}, {4, 12}}) {
    INFO(h << " x " << w);
    const auto message = message_of(ErrorKind::data, [&] { with_first(pan(h, w), std::nullopt); });
    CHECK_THAT(message, contains(concat("set: a: PAN ", h, " x ", w, " is not a whole multiple of MS 8 x 12")));
  }
  CHECK_THAT(message_of(ErrorKind::data, [&] { with_first(pan(32, 48), 2); }),
             contains("PAN 32 x 48 is not 2 times MS 8 x 12"));
  CHECK_THAT(message_of(ErrorKind::usage, [&] { with_first(pan(32, 48), 0); }), contains("ratio = 0"));
  CHECK_THAT(message_of(ErrorKind::data, [&] { PairSource("set", {}, {.max_val = 1, .ratio = 4}, nullptr); }),
             contains("set: no image pairs"));
}

TEST_CASE("a pair that does not match its set is an error that names it and the difference", "[pairs]") {
  CHECK(with_second(noise_pair("b", 16, 8, 3, 4)).load("b").ms.shape() == Shape{1, 16, 8, 3});
  CHECK_THAT(load_error(noise_pair("b", 8, 12, 4, 4)), contains("set: b: MS has 4 bands, a has 3"));
  CHECK_THAT(load_error(noise_pair("b", 8, 12, 3, 2)), contains("set: b: PAN 16 x 24 is not 4 times MS 8 x 12"));

  auto two_bands = noise_pair("b", 8, 12, 3, 4);
  two_bands.pan = Tensor<float>::zeros({1, 32, 48, 2});
  CHECK_THAT(load_error(two_bands), contains("set: b: PAN has 2 bands, not 1"));

  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    auto pair = noise_pair("b", 8, 12, 3, 4);
    pair.ms.mutable_data()[(2 * 12 + 5) * 3 + 1] = bad;
    pair.ms.mutable_data()[8 * 12 * 3 - 1] = bad;
    CHECK_THAT(load_error(pair),
               contains("set: b: 2 values of MS are NaN or infinite, the first at row 2, column 5, band 2"));
  }
  auto pair = noise_pair("b", 8, 12, 3, 4);
  pair.pan.mutable_data()[49] = NAN;
  CHECK_THAT(load_error(pair), contains("1 values of PAN") && contains("row 1, column 1, band 1"));
}

TEST_CASE("counts are divided in double, rounded once, and not clipped", "[pairs]") {
  Tensor<double> counts({1, 20, 10, 3});
  for (std::int64_t i = 0; i < counts.size(); ++i) counts.mutable_data()[i] = 2.7 * static_cast<double>(i);
  const auto scaled = scaled_counts(counts, 1023.3);
  for (std::int64_t i = 0; i < counts.size(); ++i)
    CHECK(scaled.data()[i] == static_cast<float>(counts.data()[i] / 1023.3));
  CHECK(scaled.data()[counts.size() - 1] > 1);
  CHECK(scaled_counts(Tensor<float>::full({1, 1, 1, 1}, 683.0f), 1023.3).item() == static_cast<float>(683 / 1023.3));
}

TEST_CASE("a set written to one file is read back to the bit, with its range and ratio", "[pairs]") {
  const ScratchFolder folder;
  const auto path = folder / "set.safetensors";
  const PairSource source("set", {"a/1.mat", "b"}, {.max_val = 2047.0 / 3},
                          [](const std::string& name) { return noise_pair(name, 4, 6, 2, 3); });
  write_pair_file(path, source);

  const PairSource file = open_pair_file(path);
  CHECK(file.names() == source.names());
  CHECK(file.max_val() == source.max_val());
  CHECK(file.ratio() == 3);
  CHECK(file.bands() == 2);
  for (const auto& name : source.names()) {
    CHECK(same_bits(file.load(name).ms, source.load(name).ms));
    CHECK(same_bits(file.load(name).pan, source.load(name).pan));
  }
}

TEST_CASE("options for a set in one file must agree with the file", "[pairs]") {
  const ScratchFolder folder;
  const auto path = folder / "set.safetensors";
  write_pair_file(path, *noise_source({"1"}));
  CHECK(open_pair_file(path, {.max_val = 100.0, .ratio = 4}).ratio() == 4);
  CHECK_THAT(message_of(ErrorKind::usage, [&] { open_pair_file(path, {.max_val = 2047.0}); }),
             contains("divided by 100, not by 2047"));
  CHECK_THAT(message_of(ErrorKind::usage, [&] { open_pair_file(path, {.sensor = "GF1"}); }),
             contains("divided by 100, not by 1023"));
  CHECK_THAT(message_of(ErrorKind::data, [&] { open_pair_file(path, {.ratio = 2}); }),
             contains("PAN 64 x 96 is not 2 times MS 16 x 24"));
}

TEST_CASE("a safetensors file without a valid set is an error that names it", "[pairs]") {
  const ScratchFolder folder;
  const auto path = folder / "set.safetensors";
  const std::vector<float> values(64, 0.5f);
  const auto error_of = [&](const char* max_val, const char* ratio,
                            std::vector<std::pair<std::string, std::vector<std::int64_t>>> tensors) {
    SafetensorsWriter writer;
    if (max_val) writer.set_metadata("max_val", max_val);
    if (ratio) writer.set_metadata("ratio", ratio);
    for (auto& [name, shape] : tensors) {
      std::size_t count = 1;
      for (const auto side : shape) count *= static_cast<std::size_t>(side);
      writer.add<float>(name, shape, std::span(values).first(count));
    }
    writer.write(path);
    const auto message = message_of(ErrorKind::data, [&] { open_pair_file(path); });
    CHECK_THAT(message, contains(path.string() + ": "));
    return message;
  };
  const std::pair<std::string, std::vector<std::int64_t>> ms = {"ms/a", {2, 2, 3}}, pan = {"pan/a", {4, 4}};
  CHECK_THAT(error_of(nullptr, "2", {ms, pan}), contains("no max_val"));
  CHECK_THAT(error_of("many", "2", {ms, pan}), contains("no max_val"));
  CHECK_THAT(error_of("-1", "2", {ms, pan}), contains("no max_val"));
  CHECK_THAT(error_of("100", "2.5", {ms, pan}), contains("no ratio"));
  CHECK_THAT(error_of("100", "2", {}), contains("no image pairs"));
  CHECK_THAT(error_of("100", "2", {ms}), contains("'ms/a' without 'pan/a'"));
  CHECK_THAT(error_of("100", "2", {pan}), contains("'pan/a' without 'ms/a'"));
  CHECK_THAT(error_of("100", "2", {ms, pan, {"weight", {2}}}), contains("'weight' is neither"));
  CHECK_THAT(error_of("100", "2", {{"ms/a", {2, 6}}, pan}), contains("'ms/a' has 2 dimensions, not 3"));
  CHECK_THAT(error_of("100", "2", {ms, {"pan/a", {4, 4, 1}}}), contains("'pan/a' has 3 dimensions, not 2"));
  CHECK_THAT(error_of("100", "2", {{"ms/a", {2, 0, 3}}, pan}), contains("'ms/a' is empty"));
  CHECK_THAT(error_of("100", "4", {ms, pan}), contains("PAN 4 x 4 is not 4 times MS 2 x 2"));
}

namespace {

// Set at a location, with images of constant value.
PairSource constant_set(const std::string& location, std::vector<std::string> names, float value,
                        const PairSetOptions& options = {.max_val = 100}, int ratio = 4, std::int64_t bands = 3) {
  return {location, std::move(names), options, [=](const std::string& name) {
            return ImagePair{name, Tensor<float>::full({1, 8, 12, bands}, value),
                             Tensor<float>::full({1, 8 * ratio, 12 * ratio, 1}, value)};
          }};
}

PairSource joined_of(std::vector<PairSource> sets) { return joined_pairs(std::move(sets)); }

}  // namespace

TEST_CASE("joined sets have all images, named by the last folder of their set", "[pairs]") {
  const PairSource all = joined_of({constant_set("data/city", {"1", "2"}, 0.25f),
                                    constant_set("other/farm/", {"1"}, 0.75f), constant_set("sea", {"a/b"}, 0.5f)});
  CHECK(all.names() == std::vector<std::string>{"city/1", "city/2", "farm/1", "sea/a/b"});
  CHECK(all.location() == "data/city + other/farm/ + sea");
  CHECK(all.ratio() == 4);
  CHECK(all.bands() == 3);
  CHECK(all.max_val() == 100);
  CHECK(all.load("city/2").ms(0, 0, 0, 0) == 0.25f);
  CHECK(all.load("farm/1").ms(0, 0, 0, 0) == 0.75f);
  CHECK(all.load("farm/1").name == "farm/1");
  CHECK(all.load("sea/a/b").pan(0, 0, 0, 0) == 0.5f);
}

TEST_CASE("one set joined is the set itself", "[pairs]") {
  const PairSource one = joined_of({constant_set("data/city", {"1"}, 0.25f)});
  CHECK(one.names() == std::vector<std::string>{"1"});
  CHECK(one.location() == "data/city");
}

TEST_CASE("joined sets keep their own value ranges", "[pairs]") {
  const PairSetOptions narrow{.max_val = 10}, open{.max_val = 100, .allow_range = true}, wide{.max_val = 100};
  CHECK(joined_of({constant_set("a", {"1"}, 1, narrow), constant_set("b", {"1"}, 1)}).max_val() == 0);
  // The second set accepts values above 1, the first refuses them.
  const PairSource both = joined_of({constant_set("a", {"1"}, 1, wide), constant_set("b", {"1"}, 2, open)});
  CHECK(both.load("b/1").ms(0, 0, 0, 0) == 2);
  CHECK_THAT(message_of(ErrorKind::data,
                        [&] {
                          joined_of({constant_set("a", {"1"}, 1), constant_set("b", {"1"}, 2, wide)}).load("b/1");
                        }),
             contains("b: 1: 100 % of the counts of MS are above 100"));
}

TEST_CASE("sets of different kind or equal folder names are not joined", "[pairs]") {
  const PairSource first = constant_set("x/a", {"1"}, 1);
  const auto error = [&](const PairSource& second) {
    return message_of(ErrorKind::data, [&] { joined_of({first, second}); });
  };
  CHECK_THAT(error(constant_set("y/b", {"1"}, 1, {.max_val = 100}, 2)),
             contains("y/b: ratio 2 and 3 bands, x/a has ratio 4 and 3. Train on sets of one kind"));
  CHECK_THAT(error(constant_set("y/b", {"1"}, 1, {.max_val = 100}, 4, 2)), contains("y/b: ratio 4 and 2 bands"));
  CHECK_THAT(error(constant_set("y/a/", {"1"}, 1)), contains("y/a/: a second set with the folder name a. Rename one"));
}

TEST_CASE("borders are common within 0.01 PAN pixels", "[pairs]") {
  ImagePair pair = noise_pair("a", 8, 12, 3, 4);
  CHECK(pair.has_common_borders());
  pair.pan_row = 1e-9;
  pair.pan_column = -0.009;
  CHECK(pair.has_common_borders());
  pair.pan_column = -0.5;
  CHECK(!pair.has_common_borders());
  pair.pan_row = 0.5;
  pair.pan_column = 0;
  CHECK(!pair.has_common_borders());
}
