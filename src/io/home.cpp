#include "premix/io/home.hpp"

#include <cstdlib>
#include <string>

namespace premix {

std::filesystem::path expand_home(std::string_view path) {
  const char* home = std::getenv("HOME");
  if (!home || !*home || path.empty() || path[0] != '~' || (path.size() > 1 && path[1] != '/')) return path;
  return std::string(home).append(path.substr(1));
}

}  // namespace premix
