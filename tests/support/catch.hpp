#pragma once

// Includes Catch2 2.13 or 3. PREMIX_SKIP ends a test case. tests/CMakeLists.txt makes ctest report its mark as skipped.
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
