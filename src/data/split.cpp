#include "premix/data/split.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "premix/core/error.hpp"
#include "premix/core/random.hpp"
#include "premix/io/atomic_file.hpp"

namespace premix {
namespace {

constexpr const char* expected = R"(Expected: {"train": [names], "val": [names], "test": [names]})";

std::vector<std::string> read_names(const nlohmann::json& document, const char* part,
                                    const std::filesystem::path& path) {
  const auto list = document.find(part);
  if (list == document.end() || !list->is_array())
    fail(ErrorKind::data, path.string(), ": no list '", part, "'. ", expected);
  std::vector<std::string> names;
  for (const auto& name : *list) {
    if (!name.is_string())
      fail(ErrorKind::data, path.string(), ": '", part, "' contains ", name.dump(), ", not a name. ", expected);
    names.push_back(name);
  }
  return names;
}

}  // namespace

Split split_listing(const std::vector<std::string>& names, std::uint32_t seed) {
  auto generator = python_random(seed);
  const auto order = shuffled_indices(names.size(), generator);
  const std::size_t train_end = names.size() / 2, val_end = train_end + names.size() / 5;

  Split split;
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& part = i < train_end ? split.train : i < val_end ? split.val : split.test;
    part.push_back(names[order[i]]);
  }
  return split;
}

Split split_names(std::vector<std::string> names, std::uint32_t seed) {
  std::sort(names.begin(), names.end());
  return split_listing(names, seed);
}

void save_split(const std::filesystem::path& path, const Split& split) {
  const nlohmann::ordered_json document = {{"train", split.train}, {"val", split.val}, {"test", split.test}};
  std::string text;
  try {
    text = document.dump(2);
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::data, path.string(), ": a file name is not UTF-8, which JSON requires. Rename the file.");
  }
  write_stream_atomically(path, [&](std::ostream& out) { out << text << '\n'; });
}

Split load_split(const std::filesystem::path& path, const std::vector<std::string>& names) {
  std::ifstream file(path);
  if (!file) fail(ErrorKind::data, path.string(), ": cannot read the split file. Check its path.");
  const auto document = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) fail(ErrorKind::data, path.string(), ": not a split file. ", expected);

  const Split split = {read_names(document, "train", path), read_names(document, "val", path),
                       read_names(document, "test", path)};
  const std::set<std::string> known(names.begin(), names.end());
  std::set<std::string> seen;
  for (const auto* part : {&split.train, &split.val, &split.test})
    for (const std::string& name : *part) {
      if (!known.contains(name))
        fail(ErrorKind::data, path.string(), ": '", name,
             "' is not in the data. Use the split of this data set, or remove the name.");
      if (!seen.insert(name).second) fail(ErrorKind::data, path.string(), ": duplicate name '", name, "'. Keep one.");
    }
  return split;
}

}  // namespace premix
