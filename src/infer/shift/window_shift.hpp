#pragma once

#include <vector>

#include "infer/shift/degraded_pan.hpp"
#include "infer/shift/phase_correlation.hpp"
#include "premix/infer/shift/shift.hpp"

namespace premix::infer {

/// Shifts of one window: all bands together, and each band.
struct WindowMeasure {
  WindowShift all;
  std::vector<WindowShift> bands;
};

/// Measures one window. pan: pan_under() the window; bands: planes of the window's size. All pixels are valid.
WindowMeasure measure_window(const PhaseCorrelation& correlation, const GridMap& map, const Window& ms,
                             const PanPart& pan, const std::vector<Plane>& bands, double largest);

}  // namespace premix::infer
