#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/infer/scene_source.hpp"

namespace premix {

/// Where the content of an MS image lies, seen from where its map says: dx PAN columns to the right and dy PAN rows
/// down, in pixels. What PAN pixel p shows is found in the MS at map(p + shift), and that is where corrected() has it
/// taken from.
struct Shift {
  double dx = 0, dy = 0;
};

/// The map that takes an MS whose content lies dx, dy PAN pixels off (Shift) from where it lies.
GridMap corrected(const GridMap& map, double dx, double dy);

struct ShiftOptions {
  std::int64_t window = 64;           // MS pixels along a side, at least 32; fewer where the scene has fewer
  std::int64_t windows_per_side = 8;  // at most; spread evenly, neighbours share half of their pixels at most
  double largest = 4;                 // the longest shift looked for along an axis, MS pixels
  double tolerance = 0.5;             // PAN pixels by which places or bands may differ and still count as of one shift
};

/// What a window told.
enum class WindowVerdict {
  used,
  invalid,   // not looked at: it has invalid pixels
  weak,      // PAN and MS have too little in common there: water, haze, a band the PAN does not see
  unsettled  // the shift does not settle or is longer than what is looked for
};

struct WindowShift {
  Window ms;        // of the MS image
  Shift shift;      // nothing unless used
  double peak = 0;  // of the phase correlation: 1 for equal images, below 0 for reversed contrast
  WindowVerdict verdict = WindowVerdict::invalid;
};

/// The windows of one band, or of all, in one figure each: PAN pixels. Zeros where no window was used.
struct BandShift {
  Shift median;
  Shift spread;             // standard deviation
  double deviation_95 = 0;  // 95th percentile of the distance from the median
  std::int64_t windows_used = 0;
  std::vector<WindowShift> windows;  // row by row from the top left; the same places for every band
};

struct ShiftReport {
  BandShift all;                 // all bands together
  std::vector<BandShift> bands;  // in the scene's order
  Shift recommended;             // one shift for the whole scene: the median of all
  double tolerance = 0;          // ShiftOptions::tolerance

  /// The largest distance between the medians of two columns of windows, or of two rows, PAN pixels; 0 where fewer than
  /// three windows stand in each. constant: it is within the tolerance, or no more than three times what the windows'
  /// scatter explains.
  double difference_of_columns = 0, difference_of_rows = 0;
  bool constant = true;

  /// The bands that lie farther from the recommended shift than the tolerance and three times their median's standard
  /// error, from 0.
  std::vector<std::int64_t> strayed_bands;
};

/// Measures how the MS lies on the PAN, on windows spread over the whole scene, whatever the part is: only one window
/// is in memory.
///
/// In each window the PAN is seen as the MS's sensor sees it, by a Gaussian around the centres of the MS pixels, and
/// correlated by phase (Kuglin and Hines, 1975; the peak to a fraction of a pixel by the matrix Fourier transform of
/// Guizar-Sicairos et al., 2008) with the MS; then from the place found, and so on until nothing moves, which leaves no
/// bias of window or aliasing. "All" is the mix of the bands that comes nearest to the PAN by least squares: one band
/// alone often has another contrast than the PAN, and scatters more. Where the mix tells no shift, no band is asked; a
/// band is looked for around the mix.
///
/// Throws a data Error where PAN and MS share fewer than 32 x 32 MS pixels, or no window tells a shift.
ShiftReport estimate_shift(const SceneSource& source, const ShiftOptions& options = {});

/// The report as a table for users, one line a band, with the shift recommended and warnings where one shift does not
/// do. band_names: as many as there are bands, or none. Lines end in a newline.
std::string describe(const ShiftReport& report, const std::vector<std::string>& band_names = {});

}  // namespace premix
