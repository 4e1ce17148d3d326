#pragma once

// Catch2 2.13 and 3 through one header, and a skip that ctest shows as skipped (tests/CMakeLists.txt looks for the
// mark).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#define PREMIX_SKIP(reason) SKIP("[skipped] " << reason)
#else
#include <catch2/catch.hpp>
#define PREMIX_SKIP(reason)       \
  do {                            \
    WARN("[skipped] " << reason); \
    return;                       \
  } while (false)
#endif
