#pragma once

#include <string>
#include <vector>

#include "bench/quality/scenes.hpp"

namespace premix::bench {

/// Figures of one scene or block, in the order of the columns of a table.
using Figures = std::vector<double>;

/// PSNR in dB against the 30 m bands: reduced by an MTF of gain 0.3, by the mean of 2 x 2 pixels; largest bias of a
/// band against the MS, percent.
Figures native_figures(const MemoryScene& scene, const Tensor<float>& fused);
inline const std::vector<std::string> native_columns = {"PSNR mtf", "PSNR 2x2", "bias %"};

/// PSNR in dB against the truth.
Figures reduced_figures(const MemoryScene& scene, const Tensor<float>& fused);
inline const std::vector<std::string> reduced_columns = {"PSNR", "bias %"};

/// For each band the correlation of detail with the PAN's, what a Gaussian of sigma 2.5 removes; R-ERGAS after an MTF
/// of gain 0.3; largest bias of a band, percent.
Figures full_figures(const MemoryScene& scene, const Tensor<float>& fused);
std::vector<std::string> full_columns(std::int64_t bands);

}  // namespace premix::bench
