#pragma once

#include <string>

#include "support/catch.hpp"

/// Matches a text that contains the part. Catch2 2 and 3 name this matcher differently.
inline auto contains(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}
