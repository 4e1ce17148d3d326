#include "io/product_journal.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "io/move_into_place.hpp"
#include "premix/core/error.hpp"

namespace premix::io {
namespace {

using nlohmann::json;

ProductJournal from_json(const json& text) {
  ProductJournal journal;
  journal.key = text.at("key").get<std::map<std::string, std::string>>();
  journal.pieces_done = text.at("pieces_done").get<std::int64_t>();
  journal.bytes = text.at("bytes").get<std::int64_t>();
  for (const json& band : text.at("bands")) journal.clipping.push_back({band.at("values"), band.at("clipped")});
  return journal;
}

json to_json(const ProductJournal& journal) {
  json bands = json::array();
  for (const Clipping& band : journal.clipping) bands.push_back({{"values", band.values}, {"clipped", band.clipped}});
  return {{"key", journal.key}, {"pieces_done", journal.pieces_done}, {"bytes", journal.bytes}, {"bands", bands}};
}

}  // namespace

std::optional<ProductJournal> read_journal(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  try {
    return from_json(json::parse(in));
  } catch (const json::exception&) {
    fail(ErrorKind::data, path, ": not a journal of an unfinished raster. Delete it, or run without ", Option("resume"),
         '.');
  }
}

// Does not use write_atomically(): a process killed there would leave a temporary folder.
void write_journal(const std::string& path, const std::string& temporary, const ProductJournal& journal) {
  std::ofstream out(temporary);
  out << to_json(journal).dump(1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace) << '\n';
  out.close();
  if (!out) fail(ErrorKind::runtime, path, ": cannot write. Is the disk full?");
  flush_to_disk(temporary, path);
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) fail(ErrorKind::runtime, path, ": cannot write: ", error.message());
  flush_to_disk(std::filesystem::absolute(path).parent_path(), path);
}

std::string difference(const std::map<std::string, std::string>& then, const std::map<std::string, std::string>& now) {
  const auto text = [](const auto& key, const std::string& name) {
    const auto found = key.find(name);
    return found == key.end() ? std::string("none") : found->second;
  };
  for (const auto* key : {&then, &now})
    for (const auto& [name, value] : *key)
      if (then.find(name) == then.end() || now.find(name) == now.end() || then.at(name) != now.at(name))
        return concat(name, ": ", text(then, name), " then, ", text(now, name), " now");
  return {};
}

}  // namespace premix::io
