#include "premix/infer/projection/consistency_meter.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <numbers>
#include <utility>
#include <vector>

#include "infer/footprints.hpp"
#include "metrics/angle.hpp"
#include "premix/core/error.hpp"
#include "premix/core/parallel.hpp"

namespace premix {

using infer::Footprints;
using infer::least_share;
using infer::PixelShares;

namespace {

// Partial averages over MS pixel areas; valid if all averaged pixels are.
struct AveragedRow {
  std::vector<double> values;       // (MS pixels, B)
  std::vector<std::uint8_t> valid;  // (MS pixels)

  AveragedRow(std::int64_t pixels, std::int64_t bands)
      : values(static_cast<std::size_t>(pixels * bands)), valid(static_cast<std::size_t>(pixels), 1) {}
};

// Sums over the compared MS pixels.
struct Sums {
  std::int64_t pixels = 0, angles = 0;
  double angle = 0;
  std::vector<double> degraded, ms, squares;  // per band; squares: of the differences

  explicit Sums(std::int64_t bands) : degraded(static_cast<std::size_t>(bands)), ms(degraded), squares(degraded) {}

  void compare(const double* mean, const float* truth) {
    ++pixels;
    for (std::size_t band = 0; band < ms.size(); ++band) {
      const double difference = mean[band] - static_cast<double>(truth[band]);
      degraded[band] += mean[band];
      ms[band] += static_cast<double>(truth[band]);
      squares[band] += difference * difference;
    }
    const double between = metrics::spectral_angle(mean, truth, static_cast<std::int64_t>(ms.size()));
    if (std::isnan(between)) return;
    angle += between;
    ++angles;
  }

  void add(const Sums& more) {
    pixels += more.pixels;
    angles += more.angles;
    angle += more.angle;
    for (std::size_t band = 0; band < ms.size(); ++band) {
      degraded[band] += more.degraded[band];
      ms[band] += more.ms[band];
      squares[band] += more.squares[band];
    }
  }
};

}  // namespace

struct ConsistencyMeter::State {
  GridMap map;
  Footprints down, across;
  std::int64_t ms_height, ms_width, bands;
  ReadPixels read_ms;
  Sums sums;

  // The current strip.
  Window strip;                     // PAN pixels so far
  Span columns;                     // of the MS
  std::vector<PixelShares> shares;  // across, per MS column
  std::int64_t next_row = 0;        // of the MS, in the order of the PAN rows
  std::deque<AveragedRow> rows;     // of the PAN, averaged across; ends with the strip's last row

  State(const SceneGeometry& scene, ReadPixels read)
      : map(scene.map),
        down(map.rows),
        across(map.columns),
        ms_height(scene.ms_height),
        ms_width(scene.ms_width),
        bands(scene.bands),
        read_ms(std::move(read)),
        sums(scene.bands) {}

  std::int64_t ms_row(std::int64_t n) const { return map.rows.scale > 0 ? n : ms_height - 1 - n; }
  std::int64_t bottom() const { return strip.rows().end; }
  std::int64_t first_kept() const { return bottom() - static_cast<std::int64_t>(rows.size()); }

  void begin_strip(const Window& piece) {
    strip = {piece.top, piece.left, 0, piece.width};
    rows.clear();
    shares.clear();
    columns = infer::whole_pixels(across, ms_width, piece.columns());
    for (std::int64_t x = columns.begin; x < columns.end; ++x) shares.emplace_back(across, x, piece.columns());
    next_row = 0;
    const Span below = {piece.top, std::numeric_limits<std::int64_t>::max()};
    while (next_row < ms_height && !down.inside(ms_row(next_row), below)) ++next_row;
  }

  AveragedRow averaged_across(const float* values, const std::uint8_t* valid) const {
    AveragedRow row(columns.size(), bands);
    for (std::int64_t x = 0; x < columns.size(); ++x) {
      const PixelShares& of = shares[static_cast<std::size_t>(x)];
      for (std::size_t i = 0; i < of.shares.size(); ++i) {
        const std::int64_t pixel = of.pixels.begin - strip.left + static_cast<std::int64_t>(i);
        if (valid[pixel])
          for (std::int64_t band = 0; band < bands; ++band)
            row.values[static_cast<std::size_t>(x * bands + band)] +=
                of.shares[i] * static_cast<double>(values[pixel * bands + band]);
        else if (of.shares[i] > least_share)
          row.valid[static_cast<std::size_t>(x)] = 0;
      }
    }
    return row;
  }

  AveragedRow averaged_down(std::int64_t ms_row) const {
    AveragedRow mean(columns.size(), bands);
    const PixelShares of(down, ms_row, strip.rows());
    for (std::size_t i = 0; i < of.shares.size(); ++i) {
      const AveragedRow& row = rows[static_cast<std::size_t>(of.pixels.begin - first_kept()) + i];
      for (std::size_t k = 0; k < mean.values.size(); ++k) mean.values[k] += of.shares[i] * row.values[k];
      for (std::size_t x = 0; x < mean.valid.size(); ++x)
        if (of.shares[i] > least_share) mean.valid[x] = mean.valid[x] && row.valid[x];
    }
    return mean;
  }

  // Compares `count` complete MS rows, starting at next_row.
  void compare_rows(std::int64_t count) {
    const std::int64_t top = std::min(ms_row(next_row), ms_row(next_row + count - 1));
    std::vector<float> ms(static_cast<std::size_t>(count * columns.size() * bands));
    std::vector<std::uint8_t> valid(static_cast<std::size_t>(count * columns.size()));
    read_ms(Window::of({top, top + count}, columns), ms.data(), valid.data());
    std::vector<Sums> of_rows(static_cast<std::size_t>(count), Sums(bands));
    parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t y = begin; y < end; ++y) {
        const AveragedRow mean = averaged_down(top + y);
        for (std::int64_t x = 0; x < columns.size(); ++x) {
          const std::int64_t at = y * columns.size() + x;
          if (mean.valid[static_cast<std::size_t>(x)] && valid[static_cast<std::size_t>(at)])
            of_rows[static_cast<std::size_t>(y)].compare(mean.values.data() + x * bands, ms.data() + at * bands);
        }
      }
    });
    for (const Sums& row : of_rows) sums.add(row);
  }

  void add(const Window& piece, const float* values, const std::uint8_t* valid) {
    const bool follows = piece.left == strip.left && piece.width == strip.width && piece.top == bottom();
    if (!follows) begin_strip(piece);
    strip.height += piece.height;
    if (columns.size() == 0) return;

    std::vector<AveragedRow> more(static_cast<std::size_t>(piece.height), AveragedRow(0, bands));
    parallel_for(piece.height, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t y = begin; y < end; ++y)
        more[static_cast<std::size_t>(y)] = averaged_across(values + y * piece.width * bands, valid + y * piece.width);
    });
    for (AveragedRow& row : more) rows.push_back(std::move(row));

    std::int64_t complete = 0;
    while (next_row + complete < ms_height && down.inside(ms_row(next_row + complete), strip.rows())) ++complete;
    if (complete > 0) compare_rows(complete);
    next_row += complete;
    if (next_row >= ms_height) return rows.clear();
    const auto wanted = static_cast<std::int64_t>(std::floor(down.begin(ms_row(next_row))));
    while (!rows.empty() && first_kept() < wanted) rows.pop_front();
  }

  std::optional<Consistency> result() const {
    if (sums.pixels == 0) return std::nullopt;
    Consistency result;
    double relative = 0;
    for (std::size_t band = 0; band < sums.ms.size(); ++band) {
      result.bias.push_back(sums.degraded[band] / sums.ms[band] - 1);
      const double mean = sums.ms[band] / static_cast<double>(sums.pixels);
      relative += sums.squares[band] / static_cast<double>(sums.pixels) / (mean * mean);
    }
    result.sam_degrees = bands > 1 ? sums.angle / static_cast<double>(sums.angles) * 180 / std::numbers::pi
                                   : std::numeric_limits<double>::quiet_NaN();
    result.ergas =
        100 / std::sqrt(map.row_ratio() * map.column_ratio()) * std::sqrt(relative / static_cast<double>(bands));
    return result;
  }
};

ConsistencyMeter::ConsistencyMeter(const SceneGeometry& scene, ReadPixels read_ms)
    : state_(std::make_unique<State>(scene, std::move(read_ms))) {}
ConsistencyMeter::ConsistencyMeter(ConsistencyMeter&&) noexcept = default;
ConsistencyMeter& ConsistencyMeter::operator=(ConsistencyMeter&&) noexcept = default;
ConsistencyMeter::~ConsistencyMeter() = default;

void ConsistencyMeter::add(const Window& piece, const float* values, const std::uint8_t* valid) {
  PREMIX_CHECK(!piece.empty(), "ConsistencyMeter: a piece of ", piece.height, " x ", piece.width, " pixels");
  state_->add(piece, values, valid);
}

std::optional<Consistency> ConsistencyMeter::result() const { return state_->result(); }

}  // namespace premix
