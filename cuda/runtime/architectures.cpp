#include "cuda/runtime/architectures.hpp"

#include <charconv>
#include <sstream>

namespace premix {
namespace {

bool fits(const std::string& entry, int capability) {
  int version = 0;
  const char* const end = entry.data() + entry.size();
  const auto [kind, error] = std::from_chars(entry.data(), end, version);
  if (error != std::errc()) return true;
  const std::string suffix(kind, end);
  const bool same_generation = capability / 10 == version / 10 && capability >= version;
  if (suffix.starts_with('a')) return capability == version;
  if (suffix.starts_with('f') || suffix == "-real") return same_generation;
  return capability >= version;  // by virtual code
}

}  // namespace

bool architectures_fit(const std::string& architectures, int capability) {
  std::istringstream list(architectures);
  for (std::string entry; std::getline(list, entry, ';');)
    if (fits(entry, capability)) return true;
  return false;
}

}  // namespace premix
