#pragma once

#include <string>
#include <vector>

namespace premix::cli {

/// The command line with GDAL's long flags of one dash (-of, -co, -ot) as CLI11 wants them, with two.
std::vector<const char*> with_two_dashes(int argc, const char* const* argv, const std::vector<std::string>& flags);

/// GDAL's progress: 0...10...20 up to 100 - done., as it advances. printed: marks that are there already, 0 at first.
void write_gdal_progress(int& printed, double done);

}  // namespace premix::cli
