#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "premix/image/window.hpp"
#include "premix/io/band_range.hpp"
#include "premix/io/raster.hpp"

namespace premix {

/// Method of the overviews of a product. Each is half as wide as the previous one, down to below 256 pixels.
enum class Overviews { none, average };

/// Grid of the pieces of a product, in its pixels: rows top + i * height, columns left + i * width, starting at or
/// below zero.
struct PieceGrid {
  std::int64_t top = 0, left = 0, height = 256, width = 1024;
};

struct ProductOptions {
  RasterOutput output = {};
  Overviews overviews = Overviews::none;
  std::optional<double> nodata = {};  // of all bands; overrides their descriptions
  bool resume = false;                // continue an interrupted run
  /// Inputs that determine the pixels, by name ("weights": a checksum). Only a run with the same key may resume.
  std::map<std::string, std::string> key = {};
  double journal_seconds = 30;  // between journal entries
  PieceGrid pieces = {};
};

struct ProductReport {
  std::vector<double> clipped;  // per band: share of clipped valid values
  std::int64_t bytes = 0;       // of the file and its side files
};

/// Writes a raster piece by piece, in any order, with constant memory.
///
/// The unfinished product is in the folder OUT.partial. The output file appears when it is complete and on disk. Every
/// journal_seconds OUT.partial.json records the number of safe pieces. Tiled GTiffs are written directly if
/// uncompressed, or losslessly compressed with blocks that no pieces share. Everything else goes to a scratch GTiff,
/// which GDAL then copies. An output in memory (/vsimem/...) is built there. Other /vsi... outputs are built in the
/// system's temporary folder. Both have no journal.
///
/// A GTiff is tiled in blocks of 256 x 256 with BIGTIFF=IF_SAFER unless creation options say otherwise.
class ProductWriter {
 public:
  /// info: size, type, bands and description of the product. ranges: one per band. Throws a usage Error: unknown
  /// driver, option or type, a format without pixels, a nodata value outside of the type, a journal with another key.
  /// Throws a run-time Error: file exists, is not writable or in use, disk too small, format too limited.
  ProductWriter(const std::string& path, const RasterInfo& info, const std::vector<BandRange>& ranges,
                const ProductOptions& options = {});
  ProductWriter(ProductWriter&&) noexcept;
  ProductWriter& operator=(ProductWriter&&) noexcept;
  ~ProductWriter();  // abandon()

  /// Number of first pieces written by an earlier run; the caller skips them.
  std::int64_t pieces_done() const;

  /// Writes a piece. values (h, w, B), about [0, 1]; valid (h, w), or null if all are valid. A count is clipped to the
  /// range of its band and of the type, and rounded half away from zero in integer types. A valid count equal to the
  /// nodata value becomes a neighbouring count. Invalid pixels become nodata. Throws a data Error for an invalid or NaN
  /// pixel of an integer type without nodata value. Throws a run-time Error with GDAL's reason on a write failure; the
  /// writer is then unusable.
  void write(const Window& window, const float* values, const std::uint8_t* valid);

  /// Copies a scratch file to the format, builds overviews, and renames the product. progress gets the finished share;
  /// an exception from it stops the work.
  ProductReport finish(const std::function<void(double)>& progress = {});

  /// Stops early. Keeps journaled work, removes everything without a journal.
  void abandon() noexcept;

  /// Describes the remains of an unfinished product in one line for the user; empty if nothing remains.
  Message left_behind() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
