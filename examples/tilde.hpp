#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace premix::cli {

/// Replaces a leading "~" by the home folder, as a shell does for an unquoted argument. Keeps "~name", and "~" without
/// HOME.
inline std::filesystem::path expand_tilde(std::string_view path) {
  const char* home = std::getenv("HOME");
  if (!home || !*home || path.empty() || path[0] != '~' || (path.size() > 1 && path[1] != '/')) return path;
  return std::string(home).append(path.substr(1));
}

}  // namespace premix::cli
