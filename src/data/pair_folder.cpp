#include "premix/data/pair_folder.hpp"

#include <algorithm>
#include <system_error>

#include "data/folder.hpp"
#include "premix/core/error.hpp"
#include "premix/data/pair_file.hpp"

namespace premix {

namespace fs = std::filesystem;

PairSource open_pairs(const std::string& path, const PairOptions& options) {
  const fs::path place = path;
  std::error_code ignored;
  if (fs::is_regular_file(place, ignored)) return open_pair_file(place, options);
  const auto is_folder = [&](const fs::path& folder) { return fs::is_directory(folder, ignored); };
  if (!is_folder(place)) fail(ErrorKind::data, place.string(), ": no such folder or file. Check the path.");
  if (is_folder(place / options.ms_folder) || is_folder(place / options.pan_folder))
    return open_mat_pairs(place, options);

  const auto files = data::visible_files(place);
  const bool has_rasters = std::any_of(files.begin(), files.end(), [](const std::string& file) {
    const std::string lower = data::lower_case(file);
    return lower.find("_ms.tif") != std::string::npos || lower.find("_pan.tif") != std::string::npos;
  });
  if (has_rasters) return open_raster_pairs(place, options);
  fail(ErrorKind::data, place.string(), ": neither the folders ", options.ms_folder, " and ", options.pan_folder,
       " nor pairs NAME_ms.tif and NAME_pan.tif. Check the path.");
}

}  // namespace premix
