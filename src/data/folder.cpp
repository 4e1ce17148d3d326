#include "data/folder.hpp"

#include <algorithm>
#include <system_error>

#include "premix/core/error.hpp"

namespace premix::data {

namespace fs = std::filesystem;

std::vector<std::string> visible_files(const fs::path& folder) {
  std::error_code error, ignored;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.front() != '.' && !entry->is_directory(ignored)) names.push_back(name);
  }
  if (error) fail(ErrorKind::data, folder.string(), ": cannot list the folder: ", error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace premix::data
