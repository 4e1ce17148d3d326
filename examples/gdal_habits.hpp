#pragma once

#include <string>
#include <vector>

namespace premix::cli {

/// Converts GDAL's long flags with one dash (-of, -co, -ot) to two dashes, as CLI11 requires.
std::vector<const char*> with_two_dashes(int argc, const char* const* argv, const std::vector<std::string>& flags);

/// Prints new marks of GDAL's progress, "0...10...20" to "100 - done.". printed: number of printed marks, initially 0.
void write_gdal_progress(int& printed, double done);

}  // namespace premix::cli
