#pragma once

#include <filesystem>

#include "premix/data/pairs.hpp"

namespace premix {

/// Writes every pair of the source into one safetensors file, atomically: float tensors ms/NAME (H, W, B) and pan/NAME
/// (R*H, R*W), already divided by max_val so that nothing more has to be known; metadata max_val and ratio. The whole
/// set passes through memory.
void write_pair_file(const std::filesystem::path& path, const PairSource& source);

/// Opens such a file; needs neither GDAL nor matio. Pairs have the bits that the source had. Throws a data Error for a
/// file that is not one, and a usage Error where options.max_val or options.sensor contradict the file.
PairSource open_pair_file(const std::filesystem::path& path, const PairOptions& options = {});

}  // namespace premix
