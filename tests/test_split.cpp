#include "premix/data/split.hpp"

#include <fstream>
#include <string>

#include "premix/core/random.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/message_of.hpp"
#include "support/scratch.hpp"

using namespace premix;

namespace {

std::vector<std::string> numbers(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

std::vector<std::string> as_names(const nlohmann::json& indices) {
  std::vector<std::string> names;
  for (const auto& index : indices) names.push_back(std::to_string(index.get<std::size_t>()));
  return names;
}

}  // namespace

TEST_CASE("golden: splits and their generator equal Python's", "[golden][split]") {
  golden::for_each_json("splits*.json", [](const nlohmann::json& file) {
    const std::string before_seed = "uint32_of_mt19937_seed_";
    std::uint32_t seed = 0;
    int compared = 0;
    for (const auto& [key, value] : file.items()) {
      const auto at = key.find(before_seed);
      if (at == std::string::npos) continue;
      seed = static_cast<std::uint32_t>(std::stoul(key.substr(at + before_seed.size())));
      auto generator = python_random(seed);
      for (const auto& drawn : value) CHECK(generator() == drawn.get<std::uint32_t>());
      compared += static_cast<int>(value.size());
    }
    REQUIRE(compared > 0);
    for (const auto& [count, parts] : file.at("splits").items()) {
      INFO(count << " images, seed " << seed);
      const Split split = split_listing(numbers(std::stoul(count)), seed);
      CHECK(split.train == as_names(parts.at("train")));
      CHECK(split.val == as_names(parts.at("val")));
      CHECK(split.test == as_names(parts.at("test")));
      compared += std::stoi(count);
    }
    return compared;
  });
}

TEST_CASE("a split sorts names as byte strings, so it does not depend on the listing", "[split]") {
  const std::vector<std::string> sorted = {"10.mat", "2.mat", "B.mat", "a.mat", "\xc3\xa4.mat"};
  CHECK(split_names({"\xc3\xa4.mat", "a.mat", "2.mat", "B.mat", "10.mat"}) == split_listing(sorted));
  CHECK_FALSE(split_names(sorted, 42) == split_names(sorted, 43));
}

TEST_CASE("a saved split is read back, and may omit images", "[split]") {
  const ScratchFolder folder;
  const Split split = split_names(numbers(11));
  save_split(folder / "split.json", split);
  CHECK(load_split(folder / "split.json", numbers(11)) == split);
  CHECK(load_split(folder / "split.json", numbers(20)) == split);
}

TEST_CASE("an invalid split file is an error that names it and the cause", "[split]") {
  const ScratchFolder folder;
  const auto path = folder / "split.json";
  const struct {
    const char *text, *message;
  } cases[] = {
      {"", "not a split file"},
      {"[1, 2]", "not a split file"},
      {R"({"train": ["0"], "val": []})", "no list 'test'"},
      {R"({"train": "0", "val": [], "test": []})", "no list 'train'"},
      {R"({"train": ["0"], "val": [1], "test": []})", "'val' contains 1"},
      {R"({"train": ["0"], "val": ["7"], "test": []})", "'7' is not in the data"},
      {R"({"train": ["0"], "val": ["1"], "test": ["0"]})", "duplicate name '0'"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    std::ofstream(path) << text;
    CHECK_THAT(message_of(ErrorKind::data, [&] { load_split(path, numbers(3)); }),
               contains(path.string() + ": ") && contains(expected));
  }
  CHECK_THAT(message_of(ErrorKind::data, [&] { load_split(folder / "none.json", numbers(3)); }),
             contains("cannot read"));
  CHECK_THAT(message_of(ErrorKind::data, [&] { save_split(path, {{"\xff"}, {}, {}}); }), contains("not UTF-8"));
}
