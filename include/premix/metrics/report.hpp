#pragma once

#include <string>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// One metric of one image.
struct Reading {
  std::string name;
  double value;
};

/// The metrics of one image whose truth is known, both clipped to [0, 1] first. Under the published code's names and
/// conventions MAE, SSIM, RMSE, ERGAS, SAM, RASE, PSNR, UQI, CC; then those of the textbooks: RMSE_plain, ERGAS_ratio
/// (divided by the ratio), SAM_degrees. prediction, truth (1, H, W, C). SAM and SAM_degrees are left out where there is
/// one band.
template <Real T>
std::vector<Reading> reduced_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio);

/// The metrics of one image whose truth is not known: D_lambda, D_s, QNR. Only the prediction is clipped to [0, 1], as
/// in the published code. prediction (1, H, W, C), ms (1, h, w, C), pan (1, H, W, 1). D_lambda and QNR are left out
/// where there is one band.
template <Real T>
std::vector<Reading> full_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& ms, const Tensor<T>& pan);

}  // namespace premix
