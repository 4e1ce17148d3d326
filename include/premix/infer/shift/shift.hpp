#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "premix/infer/scene_source.hpp"

namespace premix {

/// Displacement of the MS content from its mapped position, PAN pixels: dx to the right, dy down. The MS content of PAN
/// pixel p is at map(p + shift); corrected() maps p there.
struct Shift {
  double dx = 0, dy = 0;
};

/// Map corrected for MS content displaced by dx, dy PAN pixels (Shift).
GridMap corrected(const GridMap& map, double dx, double dy);

struct ShiftOptions {
  std::int64_t window = 64;           // side, MS pixels, at least 32; smaller if the scene is smaller
  std::int64_t windows_per_side = 8;  // maximum; evenly spread, neighbours overlap by at most half
  double largest = 4;                 // longest shift searched along an axis, MS pixels
  double tolerance = 0.5;             // PAN pixels; places or bands within it count as one shift
};

/// Outcome of one window.
enum class WindowVerdict {
  used,
  invalid,   // skipped: contains invalid pixels
  weak,      // PAN and MS correlate too little: water, haze, a band outside the PAN's spectral range
  unsettled  // no convergence, or a shift longer than ShiftOptions::largest
};

struct WindowShift {
  Window ms;        // of the MS image
  Shift shift;      // zero unless used
  double peak = 0;  // of the phase correlation: 1 for equal images, negative for reversed contrast
  WindowVerdict verdict = WindowVerdict::invalid;
};

/// Statistics over the windows of one band, or of all bands together, PAN pixels. Zeros if no window was used.
struct BandShift {
  Shift median;
  Shift spread;             // standard deviation
  double deviation_95 = 0;  // 95th percentile of the distance from the median
  std::int64_t windows_used = 0;
  std::vector<WindowShift> windows;  // row by row from the top left; the same windows for every band
};

struct ShiftReport {
  BandShift all;                 // all bands together
  std::vector<BandShift> bands;  // in scene order
  Shift recommended;             // for the whole scene: median of all
  double tolerance = 0;          // ShiftOptions::tolerance

  /// Largest distance between the medians of two columns, or of two rows, of windows, PAN pixels. Columns and rows with
  /// fewer than three used windows do not count. constant: both differences are within the tolerance, or within three
  /// standard errors estimated from the scatter of the windows.
  double difference_of_columns = 0, difference_of_rows = 0;
  bool constant = true;

  /// Bands, from 0, with a median farther from the recommended shift than the tolerance and three standard errors.
  std::vector<std::int64_t> strayed_bands;
};

/// Measures the shift of the MS on windows spread over the whole scene, not only the part. One window is in memory at
/// a time.
///
/// In each window the PAN is degraded to MS resolution by a Gaussian around the MS pixel centres. It is then
/// phase-correlated with the MS (Kuglin and Hines, 1975; subpixel peak by the matrix Fourier transform of
/// Guizar-Sicairos et al., 2008). The PAN is degraded again at the shift found, until convergence. This removes bias
/// from the window and from aliasing. "All" correlates the least-squares mix of the bands with the PAN: the contrast of
/// a single band often differs from the PAN's, and its shifts scatter more. The search in each band starts at the shift
/// of the mix. Windows without a shift of the mix measure no band.
///
/// Throws a data Error if PAN and MS share fewer than 32 x 32 MS pixels, or no window gives a shift.
ShiftReport estimate_shift(const SceneSource& source, const ShiftOptions& options = {});

/// Formats the report as a table for users: one line per band, the recommended shift, and warnings where one shift is
/// not enough. band_names: one per band, or empty. Lines end in a newline.
Message describe(const ShiftReport& report, const std::vector<std::string>& band_names = {});

}  // namespace premix
