#pragma once

#include <string>

#include "io/gdal.hpp"
#include "io/product_place.hpp"

namespace premix::io {

/// Throws a run-time Error: path can't be written, with GDAL's reason, the system's (errno) and, where the disk is
/// full, that.
[[noreturn]] void fail_to_write(const std::string& path, const ProductPlace& place, const char* what,
                                const GdalErrors& errors);

}  // namespace premix::io
