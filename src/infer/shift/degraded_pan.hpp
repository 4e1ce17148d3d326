#pragma once

#include "infer/shift/phase_correlation.hpp"
#include "premix/infer/grid.hpp"
#include "premix/infer/shift/shift.hpp"

namespace premix::infer {

/// A part of a PAN image.
struct PanPart {
  Window window;  // of the PAN image
  Plane values;   // (window.height, window.width)
};

/// Radius of the degradation filter, MS pixels.
constexpr double ms_pixel_reach = 1.5;

/// Part of a PAN of height x width pixels needed by degraded_pan() for a window of the MS and shifts of up to `largest`
/// MS pixels.
Window pan_under(const GridMap& map, const Window& ms, double largest, std::int64_t height, std::int64_t width);

/// PAN degraded to MS resolution for MS content displaced by `shift`: filtered by a Gaussian with gain 0.3 at the MS
/// Nyquist frequency, at the MS pixel centres of a window. Border pixels of the part are repeated.
/// -> (ms.height, ms.width)
Plane degraded_pan(const PanPart& pan, const GridMap& map, const Window& ms, const Shift& shift);

}  // namespace premix::infer
