#pragma once

#include <string>

#include "io/gdal.hpp"
#include "io/product_place.hpp"

namespace premix::io {

/// Throws a run-time Error: path cannot be written. Gives the reasons of GDAL and the system (errno), and reports a
/// full disk.
[[noreturn]] void fail_to_write(const std::string& path, const ProductPlace& place, const char* what,
                                const GdalErrors& errors);

}  // namespace premix::io
