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

/// How the reduced copies of a product are made, each half as wide as the one before, down to one below 256 pixels.
enum class Overviews { none, average };

/// Where the pieces of a product begin, in its pixels: rows top + i * height, columns left + i * width, from below zero
/// on.
struct PieceGrid {
  std::int64_t top = 0, left = 0, height = 256, width = 1024;
};

struct ProductOptions {
  RasterOutput output = {};
  Overviews overviews = Overviews::none;
  std::optional<double> nodata = {};  // of all bands, before what their descriptions say
  bool resume = false;                // goes on with what an interrupted run left
  /// What the pixels are made of, by name ("weights": a checksum): only a run with the same may go on.
  std::map<std::string, std::string> key = {};
  double journal_seconds = 30;  // between two entries of the journal
  PieceGrid pieces = {};
};

struct ProductReport {
  std::vector<double> clipped;  // of each band, the share of its valid values
  std::int64_t bytes = 0;       // of the file and its companions
};

/// Writes a raster piece by piece, in any order, in memory that its size does not change.
///
/// The unfinished product lies in the folder OUT.partial; nothing appears under its name before it is whole and on the
/// disk. Every journal_seconds OUT.partial.json records how many pieces are safe there. Tiled GTiffs without
/// compression, or with a lossless one whose blocks no pieces share, are written directly; all else goes to a scratch
/// GTiff first, which GDAL then copies. An output in memory
/// (/vsimem/...) is built there, one at another of GDAL's places (/vsi...) in the system's temporary folder; these keep
/// no journal.
///
/// A GTiff is tiled in blocks of 256 x 256 with BIGTIFF=IF_SAFER unless its creation options say otherwise.
class ProductWriter {
 public:
  /// info: size, type, bands and all that describes the product; ranges: of each band. Throws a usage Error (unknown
  /// driver, option or type, a format without pixels of its own, a nodata value that the type lacks, a journal of
  /// another key) or a run-time Error (exists, can't be written, in use, disk surely too small, not what the format can
  /// hold).
  ProductWriter(const std::string& path, const RasterInfo& info, const std::vector<BandRange>& ranges,
                const ProductOptions& options = {});
  ProductWriter(ProductWriter&&) noexcept;
  ProductWriter& operator=(ProductWriter&&) noexcept;
  ~ProductWriter();  // abandon()

  /// The first pieces that an earlier run wrote; the caller leaves them out.
  std::int64_t pieces_done() const;

  /// values (h, w, B), about [0, 1]; valid (h, w), or null where all are. A count is clipped to its band's range and to
  /// the type, rounded half away from zero in integer types, and goes to its neighbour where it would be the nodata
  /// value. Invalid pixels become nodata. Throws a data Error where a pixel is invalid, or not a number, and no nodata
  /// value was declared for an integer type; a run-time Error where GDAL can't write, with its reason; the writer is of
  /// no use after that.
  void write(const Window& window, const float* values, const std::uint8_t* valid);

  /// Copies a scratch file into the format, builds overviews, and gives the product its name. progress is told the
  /// share that is done; what it throws stops the work.
  ProductReport finish(const std::function<void(double)>& progress = {});

  /// Stops before the end: keeps what the journal can bring back, removes all where it holds nothing.
  void abandon() noexcept;

  /// One line for the user about what an unfinished product leaves, empty where it leaves nothing.
  Message left_behind() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace premix
