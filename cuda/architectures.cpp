#include "cuda/architectures.hpp"

#include <cctype>
#include <sstream>

namespace premix {

bool architectures_fit(const std::string& architectures, int capability) {
  std::istringstream list(architectures);
  for (std::string entry; std::getline(list, entry, ';');) {
    if (entry.empty() || std::isdigit(static_cast<unsigned char>(entry[0])) == 0) return true;
    std::size_t digits = 0;
    const int version = std::stoi(entry, &digits);
    const bool specific = digits < entry.size() && entry[digits] == 'a';  // "90a" is for that version alone
    const bool real = entry.find("-virtual") == std::string::npos, is_virtual = entry.find("-real") == std::string::npos;
    if (specific && capability == version) return true;
    if (specific) continue;
    if (real && capability / 10 == version / 10 && capability >= version) return true;
    if (is_virtual && capability >= version) return true;
  }
  return false;
}

}  // namespace premix
