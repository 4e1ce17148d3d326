#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "premix/core/error.hpp"
#include "premix/infer/shift/shift.hpp"

namespace premix {
namespace {

std::string name_of(std::size_t band, const std::vector<std::string>& names) {
  return band < names.size() && !names[band].empty() ? names[band] : concat("band ", band + 1);
}

std::string number(double value, bool sign) {
  std::ostringstream text;
  // Avoids "-0.00".
  const double rounded = std::abs(value) < 0.005 ? 0 : value;
  text << std::fixed << std::setprecision(2) << (sign && rounded != 0 ? std::showpos : std::noshowpos) << rounded;
  return text.str();
}

void add_line(std::ostream& out, std::size_t width, const std::string& name, const std::vector<std::string>& cells,
              const std::string& windows) {
  out << "  " << std::left << std::setw(static_cast<int>(width)) << name << std::right;
  for (const std::string& cell : cells) out << std::setw(10) << cell;
  out << "   " << windows << '\n';
}

void add_band(std::ostream& out, std::size_t width, const std::string& name, const BandShift& band) {
  std::vector<std::string> cells(5, "-");
  if (band.windows_used > 0)
    cells = {number(band.median.dx, true), number(band.median.dy, true), number(band.spread.dx, false),
             number(band.spread.dy, false), number(band.deviation_95, false)};
  add_line(out, width, name, cells, concat(band.windows_used, " of ", band.windows.size()));
}

}  // namespace

Message describe(const ShiftReport& report, const std::vector<std::string>& band_names) {
  PREMIX_CHECK(band_names.empty() || band_names.size() == report.bands.size(), "describe: ", band_names.size(),
               " names for ", report.bands.size(), " bands");
  std::size_t width = std::string("all bands").size();
  for (std::size_t i = 0; i < report.bands.size(); ++i) width = std::max(width, name_of(i, band_names).size());

  std::ostringstream out;
  out << "Shift of the MS against the PAN in PAN pixels; positive: its content is too far right (dx), too far down "
         "(dy)\n";
  add_line(out, width, "", {"dx", "dy", "spread dx", "spread dy", "95 %"}, "windows");
  for (std::size_t i = 0; i < report.bands.size(); ++i) add_band(out, width, name_of(i, band_names), report.bands[i]);
  add_band(out, width, "all bands", report.all);
  const std::string table = out.str();
  const Option shift("shift", concat(number(report.recommended.dx, false), ',', number(report.recommended.dy, false)));
  out.str("");

  if (!report.constant)
    out << "warning: the shift is not constant: its medians differ by up to "
        << number(report.difference_of_columns, false) << " PAN pixels between columns of windows and "
        << number(report.difference_of_rows, false)
        << " between rows, which one shift cannot correct. Orthorectify PAN and MS alike (gdalwarp), or cut the "
           "scene.\n";
  for (const std::int64_t band : report.strayed_bands)
    out << "warning: " << name_of(static_cast<std::size_t>(band), band_names) << " lies more than "
        << number(report.tolerance, false)
        << " PAN pixels from the shift of all bands, and one shift cannot correct both\n";
  return message(table, "Corrected by ", shift, '\n', out.str());
}

}  // namespace premix
