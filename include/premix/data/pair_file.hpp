#pragma once

#include <filesystem>

#include "premix/data/pairs.hpp"

namespace premix {

/// Writes all pairs of the source to one safetensors file, atomically: float tensors ms/NAME (H, W, B) and pan/NAME
/// (R*H, R*W), divided by max_val; metadata max_val and ratio. The whole set passes through memory.
void write_pair_file(const std::filesystem::path& path, const PairSource& source);

/// Opens a file of write_pair_file. Needs neither GDAL nor matio. Pairs have the same bits as in the source. Throws a
/// data Error for an invalid file, and a usage Error if options.max_val or options.sensor contradict the file.
PairSource open_pair_file(const std::filesystem::path& path, const PairOptions& options = {});

}  // namespace premix
