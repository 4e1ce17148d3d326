#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/count_encoder.hpp"

namespace premix::io {

/// Journal of an unfinished product.
struct ProductJournal {
  std::map<std::string, std::string> key;  // inputs of the pixels and their storage format
  std::int64_t pieces_done = 0;
  std::int64_t bytes = 0;          // size of the raster file with these pieces
  std::vector<Clipping> clipping;  // of each band, in these pieces
};

/// Reads a journal; empty if the file is missing. Throws a data Error if it is invalid.
std::optional<ProductJournal> read_journal(const std::string& path);

/// Writes the temporary file, flushes it to the disk and renames it to path. Throws a run-time Error on failure.
void write_journal(const std::string& path, const std::string& temporary, const ProductJournal& journal);

/// Returns the first difference between two keys as text, "weights: a then, b now"; empty if they are equal.
std::string difference(const std::map<std::string, std::string>& then, const std::map<std::string, std::string>& now);

}  // namespace premix::io
