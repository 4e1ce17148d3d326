#pragma once

#include <string>
#include <string_view>

#include "io/raster_output.hpp"
#include "premix/io/product.hpp"

namespace premix::io {

/// How a product is stored.
struct ProductFormat {
  GDALDriver& driver;
  CPLStringList options;  // of its creation
  DataType type;
  bool compressed = false;
  bool direct =
      false;  // pieces go into the product itself, a GTiff, rather than to a scratch GTiff that is copied at the end

  bool is(std::string_view name) const { return name == driver.GetDescription(); }
  std::string text() const;             // all of it, for a journal
  CPLStringList pixel_options() const;  // of the GTiff that takes the pieces
};

/// Throws a usage Error where format, options and data type do not go together, or the format holds no pixels of its
/// own.
ProductFormat choose_format(const std::string& path, const RasterInfo& info, const ProductOptions& options);

}  // namespace premix::io
