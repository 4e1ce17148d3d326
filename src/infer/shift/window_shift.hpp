#pragma once

#include <vector>

#include "infer/shift/degraded_pan.hpp"
#include "infer/shift/phase_correlation.hpp"
#include "premix/infer/shift/shift.hpp"

namespace premix::infer {

/// What one window tells of all bands together and of each.
struct WindowMeasure {
  WindowShift all;
  std::vector<WindowShift> bands;
};

/// pan: pan_under() the window; bands: planes of the window's size, in pixels that are all valid.
WindowMeasure measure_window(const PhaseCorrelation& correlation, const GridMap& map, const Window& ms,
                             const PanPart& pan, const std::vector<Plane>& bands, double largest);

}  // namespace premix::infer
