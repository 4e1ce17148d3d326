#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "io/product_format.hpp"
#include "io/product_place.hpp"
#include "premix/io/product.hpp"

namespace premix::io {

/// The pixels of an unfinished product, in the format itself or in a scratch GTiff, as its place says.
class ProductRaster {
 public:
  /// Throws a usage Error where the format, its options or the data type do not go together with the product.
  ProductRaster(const std::string& path, const RasterInfo& info, const ProductOptions& options,
                const ProductPlace& place);

  const ProductFormat& format() const { return format_; }

  /// Throws a run-time Error where the free space can't hold what is surely written.
  void check_space() const;
  /// Tries the format on a small raster. Throws a run-time Error where it can't hold such pixels.
  void try_format() const;
  /// An empty raster with all its descriptions, or the one that is there.
  void create();
  void reopen();
  /// Whether there is one to reopen.
  bool exists() const { return place_.is_file(pixels_file()); }
  /// Of the file, as it is on the disk.
  std::int64_t bytes() const { return static_cast<std::int64_t>(std::filesystem::file_size(pixels_file())); }

  /// counts (h, w, B).
  void write(const Window& window, const double* counts);
  /// Hands all blocks to the file.
  void flush();
  /// Everything written is in the files after it; reopen() goes on.
  void close();
  /// The same, whatever fails.
  void drop() noexcept;

  /// After close(): the format from the scratch file, and the overviews.
  void complete(const std::function<void(double)>& progress);
  /// When what complete() made is safe.
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
