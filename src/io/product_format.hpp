#pragma once

#include <string>
#include <string_view>

#include "io/raster_output.hpp"
#include "premix/io/product.hpp"

namespace premix::io {

/// Storage format of a product.
struct ProductFormat {
  GDALDriver& driver;
  CPLStringList options;  // creation options
  DataType type;
  bool compressed = false;
  bool direct = false;  // pieces are written to the product, a GTiff, without a scratch GTiff to copy at the end

  bool is(std::string_view name) const { return name == driver.GetDescription(); }
  std::string text() const;             // complete description, for a journal
  CPLStringList pixel_options() const;  // creation options of the GTiff that receives the pieces
};

/// Chooses the storage format. Throws a usage Error if format, options and data type are incompatible, or if the format
/// stores no pixels.
ProductFormat choose_format(const std::string& path, const RasterInfo& info, const ProductOptions& options);

}  // namespace premix::io
