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

/// Metrics of one image with a truth, both clipped to [0, 1] first. With names and conventions of the published code:
/// MAE, SSIM, RMSE, ERGAS, SAM, RASE, PSNR, UQI, CC. Then textbook metrics: RMSE_plain, ERGAS_ratio (divided by the
/// ratio), SAM_degrees. prediction, truth (1, H, W, C). SAM and SAM_degrees are omitted for one band.
template <Real T>
std::vector<Reading> reduced_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio);

/// Metrics of one image without a truth: D_lambda, D_s, QNR. Clips only the prediction to [0, 1], like the published
/// code. prediction (1, H, W, C), ms (1, h, w, C), pan (1, H, W, 1). D_lambda and QNR are omitted for one band.
template <Real T>
std::vector<Reading> full_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& ms, const Tensor<T>& pan);

}  // namespace premix
