#include "premix/io/product.hpp"

#include "premix/core/error.hpp"

#if PREMIX_GDAL

#include <algorithm>
#include <chrono>
#include <limits>

#include "io/count_encoder.hpp"
#include "io/product_journal.hpp"
#include "io/product_place.hpp"
#include "io/product_raster.hpp"

namespace premix {
using namespace io;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t rows_at_once = 256;  // one row of blocks; bounds the memory of a large piece

// Gives every band a nodata value that the data type can represent: formats store one for all bands or for none.
RasterInfo with_nodata(const std::string& path, RasterInfo info, const DataType& type,
                       const std::optional<double>& wanted) {
  if (wanted && !holds(type, *wanted))
    fail(ErrorKind::usage, path, ": ", Option("nodata", *wanted), " does not fit type ", info.data_type,
         ". Set one from ", type.lowest, " to ", type.highest, '.');
  std::optional<double> common = wanted;
  for (RasterBand& band : info.bands) {
    if (wanted || (band.nodata && !holds(type, *band.nodata))) band.nodata = wanted;
    if (!common) common = band.nodata;
  }
  for (RasterBand& band : info.bands)
    if (!band.nodata) band.nodata = common;
  return info;
}

RasterInfo checked(const std::string& path, const RasterInfo& info, const std::vector<BandRange>& ranges,
                   const ProductOptions& options) {
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  PREMIX_CHECK(info.width > 0 && info.height > 0 && info.width <= most && info.height <= most, path, ": a product of ",
               info.width, " x ", info.height, " pixels");
  PREMIX_CHECK(!ranges.empty() && info.bands.size() == ranges.size(), path, ": descriptions of ", info.bands.size(),
               " bands, ranges of ", ranges.size());
  PREMIX_CHECK(options.pieces.height > 0 && options.pieces.width > 0, path, ": pieces of ", options.pieces.height,
               " x ", options.pieces.width, " pixels");
  return with_nodata(path, info, data_type_of(path, info), options.nodata);
}

}  // namespace

struct ProductWriter::State {
  State(const std::string& name, const RasterInfo& described, const std::vector<BandRange>& ranges,
        const ProductOptions& wanted)
      : path(name),
        info(checked(name, described, ranges, wanted)),
        options(wanted),
        place(name, wanted.output.existing),
        raster(name, info, wanted, place),
        encoder(name, info, raster.format().type, ranges) {
    journal.key = wanted.key;
    journal.key["size"] = concat(info.width, " x ", info.height, " x ", info.bands.size());
    journal.key["type"] = info.data_type;
    journal.key["format"] = raster.format().text();
    for (const RasterBand& band : info.bands)
      journal.key["nodata"] += band.nodata ? concat(*band.nodata, ' ') : "none ";
    if (options.resume && !place.keeps_journal())
      fail(ErrorKind::usage, path, ": ", Option("resume"), " needs an output on a local disk. Run without it.");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { stop(); }

  void start() {
    place.open();
    keep = place.is_file(place.journal());  // an unfinished product is kept until a new one starts
    if (!options.resume && options.output.existing == Existing::refuse && keep)
      fail(ErrorKind::runtime, path, ": an unfinished product exists, ", place.folder(), ". Set ", Option("resume"),
           " to continue it, or ", Option("existing", "replace"), " to start anew.");
    const auto unfinished = options.resume && keep ? read_journal(place.journal()) : std::nullopt;
    raster.check_space();
    if (unfinished && raster.exists()) {
      continue_from(*unfinished);
    } else {
      place.clear();
      keep = false;
      raster.try_format();
      place.clear();
      raster.create();
    }
    last_entry = Clock::now();
  }

  void continue_from(const ProductJournal& unfinished) {
    if (const std::string differs = difference(unfinished.key, journal.key); !differs.empty())
      fail(ErrorKind::usage, path, ": cannot continue ", place.folder(), ", made from other inputs (", differs,
           "). Use the same ones, or set ", Option("existing", "replace"), " instead of ", Option("resume"),
           " to start anew.");
    if (raster.bytes() < unfinished.bytes)
      fail(ErrorKind::data, path, ": cannot continue: the raster in ", place.folder(), " has ", raster.bytes(),
           " bytes, its journal needs ", unfinished.bytes, ". Set ", Option("existing", "replace"), " instead of ",
           Option("resume"), " to start anew.");
    journal.pieces_done = earlier_pieces = unfinished.pieces_done;
    recorded = true;
    encoder.clipping = unfinished.clipping;
    raster.reopen();
  }

  // Only closing the file writes all data buffered by GDAL and the C library.
  void record() {
    raster.close();
    place.flush();
    if (!place.keeps_journal()) return;
    journal.clipping = encoder.clipping;
    journal.bytes = raster.bytes();
    write_journal(place.journal(), place.next_journal(), journal);
    recorded = keep = true;
  }

  void record_and_reopen() {
    record();
    raster.reopen();
    last_entry = Clock::now();
  }

  void write(const Window& window, const float* values, const std::uint8_t* valid) {
    const auto bands = static_cast<std::int64_t>(info.bands.size());
    counts.resize(static_cast<std::size_t>(std::min(window.height, rows_at_once) * window.width * bands));
    for (std::int64_t top = window.top, rows = 0; top < window.top + window.height; top += rows) {
      rows = std::min(rows_at_once - top % rows_at_once, window.top + window.height - top);
      const std::int64_t before = (top - window.top) * window.width;
      encoder(values + before * bands, valid == nullptr ? nullptr : valid + before, rows * window.width, counts.data());
      raster.write({top, window.left, rows, window.width}, counts.data());
    }
    raster.flush();
    ++journal.pieces_done;
    if (Clock::now() - last_entry >= std::chrono::duration<double>(options.journal_seconds)) record_and_reopen();
  }

  ProductReport finish(const std::function<void(double)>& progress) {
    record();
    raster.complete(progress);
    place.flush();
    raster.remove_scratch();
    ProductReport report;
    report.bytes = place.publish();
    done = true;
    keep = false;
    for (const auto& [values, clipped] : encoder.clipping)
      report.clipped.push_back(values == 0 ? 0.0 : static_cast<double>(clipped) / static_cast<double>(values));
    return report;
  }

  void stop() noexcept {
    if (done) return;
    done = true;
    try {
      // Keep the work if it took at least a third of the journal interval.
      const bool worth_keeping =
          recorded || Clock::now() - last_entry >= std::chrono::duration<double>(options.journal_seconds / 3);
      if (worth_keeping && !broken && journal.pieces_done > 0) record();
    } catch (...) {  // the earlier journal stays valid
    }
    raster.drop();
    if (!keep) place.remove();
    place.unlock();
  }

  std::string path;
  RasterInfo info;
  ProductOptions options;
  ProductPlace place;
  ProductRaster raster;
  CountEncoder encoder;
  ProductJournal journal;
  std::vector<double> counts;  // (rows, width, B), rows being written
  Clock::time_point last_entry;
  std::int64_t earlier_pieces = 0;  // of an interrupted run
  bool recorded = false;            // the journal lists pieces of this raster
  bool keep = false;                // keep the unfinished product on stop
  bool broken = false;              // a write failed
  bool done = false;
};

ProductWriter::ProductWriter(const std::string& path, const RasterInfo& info, const std::vector<BandRange>& ranges,
                             const ProductOptions& options)
    : state_(std::make_unique<State>(path, info, ranges, options)) {
  state_->start();
}

ProductWriter::ProductWriter(ProductWriter&&) noexcept = default;
ProductWriter& ProductWriter::operator=(ProductWriter&&) noexcept = default;
ProductWriter::~ProductWriter() = default;

std::int64_t ProductWriter::pieces_done() const { return state_->earlier_pieces; }

void ProductWriter::write(const Window& window, const float* values, const std::uint8_t* valid) {
  State& state = *state_;
  PREMIX_CHECK(!state.done && !state.broken, state.path, ": the product is finished or abandoned");
  PREMIX_CHECK(!window.empty() && window.top >= 0 && window.left >= 0 &&
                   window.top + window.height <= state.info.height && window.left + window.width <= state.info.width,
               state.path, ": a piece of ", window.height, " x ", window.width, " pixels at row ", window.top,
               ", column ", window.left, " leaves the product");
  state.broken = true;
  state.write(window, values, valid);
  state.broken = false;
}

ProductReport ProductWriter::finish(const std::function<void(double)>& progress) {
  PREMIX_CHECK(!state_->done && !state_->broken, state_->path, ": the product is finished or abandoned");
  state_->broken = true;
  return state_->finish(progress);
}

void ProductWriter::abandon() noexcept { state_->stop(); }

Message ProductWriter::left_behind() const {
  const State& state = *state_;
  if (!state.keep) return {};
  return message(state.path, ": unfinished, ", state.journal.pieces_done, " pieces are kept. Set ", Option("resume"),
                 " to continue, or delete ", state.place.folder(), " and ", state.place.journal(), '.');
}

}  // namespace premix

#else

namespace premix {

struct ProductWriter::State {};

ProductWriter::ProductWriter(const std::string& path, const RasterInfo&, const std::vector<BandRange>&,
                             const ProductOptions&) {
  fail(ErrorKind::runtime, path,
       ": this premix was built without GDAL and cannot write rasters. Build it with PREMIX_GDAL=ON.");
}
ProductWriter::ProductWriter(ProductWriter&&) noexcept = default;
ProductWriter& ProductWriter::operator=(ProductWriter&&) noexcept = default;
ProductWriter::~ProductWriter() = default;
std::int64_t ProductWriter::pieces_done() const { return 0; }
void ProductWriter::write(const Window&, const float*, const std::uint8_t*) {}
ProductReport ProductWriter::finish(const std::function<void(double)>&) { return {}; }
void ProductWriter::abandon() noexcept {}
Message ProductWriter::left_behind() const { return {}; }

}  // namespace premix

#endif
