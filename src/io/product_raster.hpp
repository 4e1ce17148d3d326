#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "io/product_format.hpp"
#include "io/product_place.hpp"
#include "premix/io/product.hpp"

namespace premix::io {

/// Raster of an unfinished product: the product itself or a scratch GTiff (ProductFormat::direct).
class ProductRaster {
 public:
  /// Throws a usage Error if the format, its options or the data type do not fit the product.
  ProductRaster(const std::string& path, const RasterInfo& info, const ProductOptions& options,
                const ProductPlace& place);

  const ProductFormat& format() const { return format_; }

  /// Throws a run-time Error if the free space is less than the minimum output size.
  void check_space() const;
  /// Writes a small raster in the format. Throws a run-time Error if the format cannot store such pixels, and a usage
  /// Error if it creates no file.
  void try_format() const;
  void create();  // an empty raster with its metadata
  void reopen();  // the existing raster
  /// Returns whether a raster exists.
  bool exists() const { return place_.is_file(pixels_file()); }
  /// Size of the file on the disk.
  std::int64_t bytes() const { return static_cast<std::int64_t>(std::filesystem::file_size(pixels_file())); }

  /// Writes counts (h, w, B) to a window.
  void write(const Window& window, const double* counts);
  /// Writes all cached blocks to the file.
  void flush();
  /// Closes the file and writes all buffered data. reopen() continues. Throws a run-time Error on failure.
  void close();
  /// Closes the file and ignores errors.
  void drop() noexcept;

  /// Converts the scratch file to the output format and builds overviews. Call after close().
  void complete(const std::function<void(double)>& progress);
  /// Removes the scratch file. Call when the result of complete() is on the disk.
  void remove_scratch();

 private:
  std::string pixels_file() const { return format_.direct ? place_.file() : place_.scratch(); }
  std::int64_t raw_bytes() const;
  void copy(const std::function<void(double)>& progress);
  void add_missing_domains();
  Dataset reopen_product() const;
  void build_overviews(const std::function<void(double)>& progress);

  std::string path_;
  RasterInfo info_;
  ProductOptions options_;
  const ProductPlace& place_;
  ProductFormat format_;
  Dataset dataset_;
};

}  // namespace premix::io
