#include "premix/infer/shift/shift.hpp"

#include <algorithm>
#include <cmath>

#include "infer/shift/shift_statistics.hpp"
#include "infer/shift/window_shift.hpp"
#include "premix/core/error.hpp"

namespace premix {

using infer::ms_pixel_reach;
using infer::PhaseCorrelation;
using infer::Plane;
using infer::WindowMeasure;

namespace {

constexpr std::int64_t smallest_window = 32;  // MS pixels; smaller ones have too few frequencies for a significant peak

// MS pixels with the filter of degraded_pan() entirely on the PAN.
Span measurable_pixels(AxisMap map, std::int64_t pan, std::int64_t ms) {
  const double at_first = map.at(0), at_last = map.at(pan - 1), most = static_cast<double>(ms);
  const double begin = std::clamp(std::ceil(std::min(at_first, at_last) + ms_pixel_reach - 0.5), 0.0, most);
  const double end = std::clamp(std::floor(std::max(at_first, at_last) - ms_pixel_reach + 0.5) + 1, begin, most);
  return {static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)};
}

// First pixels of windows, evenly spread from border to border. Neighbours overlap by at most half.
std::vector<std::int64_t> places(Span extent, std::int64_t window, std::int64_t most) {
  const std::int64_t room = extent.size() - window, count = std::clamp<std::int64_t>(2 * room / window + 1, 1, most);
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < count; ++i)
    result.push_back(extent.begin + (count == 1 ? room / 2 : i * room / (count - 1)));
  return result;
}

// Reads windows into planes, one at a time.
class WindowReader {
 public:
  explicit WindowReader(const SceneSource& source) : source_(source) {}

  // One plane per band; empty if any pixel is invalid.
  std::vector<Plane> ms(const Window& window) { return read(source_.read_ms, window, source_.geometry.bands); }
  std::vector<Plane> pan(const Window& window) { return read(source_.read_pan, window, 1); }

 private:
  template <class Read>
  std::vector<Plane> read(const Read& read_window, const Window& window, std::int64_t bands) {
    const auto pixels = static_cast<std::size_t>(window.pixels());
    values_.resize(pixels * static_cast<std::size_t>(bands));
    valid_.resize(pixels);
    read_window(window, values_.data(), valid_.data());
    if (std::find(valid_.begin(), valid_.end(), 0) != valid_.end()) return {};
    std::vector<Plane> planes(static_cast<std::size_t>(bands), Plane(window.height, window.width));
    const float* value = values_.data();
    for (std::size_t pixel = 0; pixel < pixels; ++pixel)
      for (Plane& plane : planes) plane.data()[pixel] = *value++;
    return planes;
  }

  const SceneSource& source_;
  std::vector<float> values_;
  std::vector<std::uint8_t> valid_;
};

std::int64_t count(const BandShift& band, WindowVerdict verdict) {
  return std::count_if(band.windows.begin(), band.windows.end(),
                       [=](const WindowShift& window) { return window.verdict == verdict; });
}

}  // namespace

GridMap corrected(const GridMap& map, double dx, double dy) {
  return {map.rows.with_result_from(dy), map.columns.with_result_from(dx)};
}

ShiftReport estimate_shift(const SceneSource& source, const ShiftOptions& options) {
  const SceneGeometry& scene = source.geometry;
  PREMIX_CHECK(options.window >= smallest_window && options.windows_per_side >= 1 && options.largest > 0 &&
                   options.tolerance > 0,
               "estimate_shift: windows of ", options.window, " MS pixels (at least ", smallest_window, "), ",
               options.windows_per_side, " a side, shifts up to ", options.largest, " MS pixels, tolerance ",
               options.tolerance, " PAN pixels");
  const Span rows = measurable_pixels(scene.map.rows, scene.pan_height, scene.ms_height);
  const Span columns = measurable_pixels(scene.map.columns, scene.pan_width, scene.ms_width);
  const std::int64_t height = std::min(options.window, rows.size()), width = std::min(options.window, columns.size());
  if (std::min(height, width) < smallest_window)
    fail(ErrorKind::data, "the PAN covers ", rows.size(), " x ", columns.size(),
         " MS pixels, too few to measure a shift; the minimum is ", smallest_window, " x ", smallest_window, ". Set ",
         Option("shift"), '.');

  const PhaseCorrelation correlation(height, width);
  const std::vector<std::int64_t> tops = places(rows, height, options.windows_per_side),
                                  lefts = places(columns, width, options.windows_per_side);
  ShiftReport report;
  report.tolerance = options.tolerance;
  report.bands.resize(static_cast<std::size_t>(scene.bands));
  WindowReader read(source);
  for (const std::int64_t top : tops)
    for (const std::int64_t left : lefts) {
      const Window ms = {top, left, height, width};
      WindowMeasure measure;
      measure.all.ms = ms;
      measure.bands.assign(report.bands.size(), {.ms = ms, .shift = {}});
      if (const std::vector<Plane> bands = read.ms(ms); !bands.empty()) {
        const Window under = infer::pan_under(scene.map, ms, options.largest, scene.pan_height, scene.pan_width);
        if (const std::vector<Plane> pan = read.pan(under); !pan.empty())
          measure = infer::measure_window(correlation, scene.map, ms, {under, pan.front()}, bands, options.largest);
      }
      report.all.windows.push_back(measure.all);
      for (std::size_t band = 0; band < report.bands.size(); ++band)
        report.bands[band].windows.push_back(measure.bands[band]);
    }

  infer::summarize(report, static_cast<std::int64_t>(lefts.size()));
  if (report.all.windows_used == 0)
    fail(ErrorKind::data, "no shift can be measured: of ", report.all.windows.size(), " windows of ", height, " x ",
         width, " MS pixels, ", count(report.all, WindowVerdict::invalid), " have nodata, ",
         count(report.all, WindowVerdict::weak), " too little common texture, and ",
         count(report.all, WindowVerdict::unsettled), " no fit within ", options.largest,
         " MS pixels. Check that PAN and MS show the same ground, or set ", Option("shift"), '.');
  return report;
}

}  // namespace premix
