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

/// MS pixels beside an MS pixel's centre within which its value on the PAN is taken.
constexpr double ms_pixel_reach = 1.5;

/// The part of a PAN of height x width pixels that degraded_pan() uses for a window of the MS and shifts of at most
/// `largest` MS pixels.
Window pan_under(const GridMap& map, const Window& ms, double largest, std::int64_t height, std::int64_t width);

/// The PAN as an MS sensor sees it, whose content lies shifted: at the centres of the MS pixels of a window, through a
/// Gaussian of gain 0.3 at the MS's Nyquist frequency. The border of the part is repeated. -> (ms.height, ms.width)
Plane degraded_pan(const PanPart& pan, const GridMap& map, const Window& ms, const Shift& shift);

}  // namespace premix::infer
