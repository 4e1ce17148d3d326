#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/count_encoder.hpp"

namespace premix::io {

/// What an interrupted product records of itself.
struct ProductJournal {
  std::map<std::string, std::string> key;  // what the pixels are made of and how they are stored
  std::int64_t pieces_done = 0;
  std::int64_t bytes = 0;          // of the raster that holds them
  std::vector<Clipping> clipping;  // of each band, in these pieces
};

/// None where there is no such file. Throws a data Error where it is there and can't be understood.
std::optional<ProductJournal> read_journal(const std::string& path);

/// Writes the temporary file, flushes it to the disk and replaces path by it at once. Throws a run-time Error.
void write_journal(const std::string& path, const std::string& temporary, const ProductJournal& journal);

/// The first thing in which two keys differ, for a message: "weights: a then, b now"; empty where they agree.
std::string difference(const std::map<std::string, std::string>& then, const std::map<std::string, std::string>& now);

}  // namespace premix::io
