#include "infer/shift/shift_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace premix::infer {
namespace {

constexpr std::size_t fewest = 3;          // windows needed for a meaningful median
constexpr double standard_errors = 3;      // beyond which a difference is significant
constexpr double error_of_median = 1.253;  // in standard errors of the mean, for normal errors

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return 0.5 * (values[(values.size() - 1) / 2] + values[values.size() / 2]);
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (count - 1));
}

// Nearest-rank percentile: smallest value with at least `share` of the values at or below it.
double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

double distance(const Shift& a, const Shift& b) { return std::hypot(a.dx - b.dx, a.dy - b.dy); }

// Shifts, per axis.
struct Shifts {
  std::vector<double> dx, dy;

  void add(const WindowShift& window) {
    if (window.verdict != WindowVerdict::used) return;
    dx.push_back(window.shift.dx);
    dy.push_back(window.shift.dy);
  }
  Shift middle() const { return {median(dx), median(dy)}; }
};

void summarize(BandShift& band) {
  Shifts shifts;
  for (const WindowShift& window : band.windows) shifts.add(window);
  band.windows_used = static_cast<std::int64_t>(shifts.dx.size());
  if (band.windows_used == 0) return;
  band.median = shifts.middle();
  band.spread = {standard_deviation(shifts.dx), standard_deviation(shifts.dy)};
  std::vector<double> deviations;
  for (std::size_t i = 0; i < shifts.dx.size(); ++i)
    deviations.push_back(distance({shifts.dx[i], shifts.dy[i]}, band.median));
  band.deviation_95 = percentile(deviations, 0.95);
}

struct Difference {
  double size = 0;       // largest distance between the medians of two groups
  double by_chance = 0;  // limit of insignificant differences, from the scatter within the groups
};

Difference between(const std::vector<Shifts>& groups) {
  std::vector<Shift> middles;
  std::vector<double> scatter;
  std::size_t smallest = 0;
  for (const Shifts& group : groups) {
    if (group.dx.size() < fewest) continue;
    middles.push_back(group.middle());
    smallest = smallest == 0 ? group.dx.size() : std::min(smallest, group.dx.size());
    for (std::size_t i = 0; i < group.dx.size(); ++i)
      scatter.push_back(distance({group.dx[i], group.dy[i]}, middles.back()));
  }
  Difference result;
  for (const Shift& a : middles)
    for (const Shift& b : middles) result.size = std::max(result.size, distance(a, b));
  // The median distance of points from their centre is 1.177 standard deviations per axis.
  if (smallest > 0)
    result.by_chance = standard_errors * std::sqrt(2.0) * error_of_median * median(scatter) / 1.177 /
                       std::sqrt(static_cast<double>(smallest));
  return result;
}

}  // namespace

void summarize(ShiftReport& report, std::int64_t windows_per_row) {
  summarize(report.all);
  for (BandShift& band : report.bands) summarize(band);
  report.recommended = report.all.median;

  const auto across = static_cast<std::size_t>(windows_per_row);
  std::vector<Shifts> columns(across), rows(report.all.windows.size() / across);
  for (std::size_t i = 0; i < report.all.windows.size(); ++i) {
    columns[i % across].add(report.all.windows[i]);
    rows[i / across].add(report.all.windows[i]);
  }
  const Difference of_columns = between(columns), of_rows = between(rows);
  report.difference_of_columns = of_columns.size;
  report.difference_of_rows = of_rows.size;
  const auto chance = [&](const Difference& difference) {
    return difference.size <= std::max(report.tolerance, difference.by_chance);
  };
  report.constant = chance(of_columns) && chance(of_rows);

  for (std::size_t i = 0; i < report.bands.size(); ++i) {
    const BandShift& band = report.bands[i];
    if (band.windows_used < static_cast<std::int64_t>(fewest)) continue;
    const double error = error_of_median * std::hypot(band.spread.dx, band.spread.dy) /
                         std::sqrt(static_cast<double>(band.windows_used));
    if (distance(band.median, report.recommended) > std::max(report.tolerance, standard_errors * error))
      report.strayed_bands.push_back(static_cast<std::int64_t>(i));
  }
}

}  // namespace premix::infer
