#include <algorithm>
#include <initializer_list>
#include <system_error>

#include "data/folder.hpp"
#include "premix/core/error.hpp"
#include "premix/core/text.hpp"
#include "premix/data/pair_folder.hpp"
#include "premix/data/sensors.hpp"
#include "premix/io/mat.hpp"

namespace premix {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> mat_files(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    fail(ErrorKind::data, folder.string(), ": no such folder. Create it, or check the path.");
  const auto names = data::visible_files(folder);
  for (const std::string& name : names)
    if (data::lower_case(fs::path(name).extension().string()) != ".mat")
      fail(ErrorKind::data, (folder / name).string(),
           ": not a .mat file, but every file there counts in the split. Move it elsewhere.");
  return names;
}

void check_partners(const fs::path& from, const std::vector<std::string>& names, const fs::path& to,
                    const std::vector<std::string>& others) {
  for (const std::string& name : names)
    if (!std::binary_search(others.begin(), others.end(), name))
      fail(ErrorKind::data, (from / name).string(), ": no partner ", (to / name).string(),
           ". Add it, or remove this file.");
}

// Reads the first existing variable of keys: data sets name the image differently.
Tensor<float> read_image(const fs::path& path, std::initializer_list<const char*> keys, double max_val) {
  const MatFile file(path);
  for (const char* key : keys)
    if (file.find(key)) return scaled_counts(file.read<double>(key), max_val);

  const std::string present = detail::joined(file.variables(), ", ", &MatVariable::name);
  fail(ErrorKind::data, path.string(), ": no variable ", detail::joined(keys, ", "),
       "; variables: ", present.empty() ? "none" : present, ". Rename the image's variable.");
}

}  // namespace

PairSource open_mat_pairs(const fs::path& folder, const PairOptions& options) {
  const fs::path ms_folder = folder / options.ms_folder, pan_folder = folder / options.pan_folder;
  const auto names = mat_files(ms_folder), pan_names = mat_files(pan_folder);
  check_partners(ms_folder, names, pan_folder, pan_names);
  check_partners(pan_folder, pan_names, ms_folder, names);
  const double max_val = resolve_max_val(options.max_val, options.sensor);
  const PairSetOptions set = {.max_val = max_val, .ratio = options.ratio, .allow_range = options.allow_range};
  return PairSource(folder.string(), names, set, [=](const std::string& name) {
    return ImagePair{.name = name,
                     .ms = read_image(ms_folder / name, {"imgMS", "I_MS"}, max_val),
                     .pan = read_image(pan_folder / name, {"imgPAN", "I_PAN", "block"}, max_val)};
  });
}

}  // namespace premix
