#include "infer/weights_folders.hpp"

#include <algorithm>
#include <cstdlib>

#include "premix/infer/weights_catalogue.hpp"

namespace premix {
namespace fs = std::filesystem;

namespace {

// Returns whether a path lies in a folder.
bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

bool infer::is_weights_path(const std::string& text) {
  std::error_code failed;
  return text.find('/') != std::string::npos || text.ends_with(".safetensors") || fs::is_regular_file(text, failed);
}

std::vector<fs::path> weights_folders() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);  // empty if unknown
  std::vector<fs::path> candidates;
  if (const char* own = std::getenv("PREMIX_WEIGHTS"); own != nullptr && *own != '\0') candidates.emplace_back(own);
  if (!program.empty()) candidates.push_back(program.parent_path().parent_path() / PREMIX_SHARE_WEIGHTS);
  candidates.emplace_back(PREMIX_INSTALLED_WEIGHTS);
  if (lies_in(program, PREMIX_BUILD_TREE)) candidates.emplace_back(PREMIX_SOURCE_WEIGHTS);

  std::vector<fs::path> folders;
  for (const fs::path& folder : candidates) {
    const bool known = std::any_of(folders.begin(), folders.end(),
                                   [&](const fs::path& other) { return fs::equivalent(other, folder, failed); });
    if (!known && fs::is_directory(folder, failed)) folders.push_back(folder);
  }
  return folders;
}

}  // namespace premix
