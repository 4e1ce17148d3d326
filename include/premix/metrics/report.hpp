#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/metrics/cc.hpp"
#include "premix/metrics/d_lambda.hpp"
#include "premix/metrics/d_s.hpp"
#include "premix/metrics/ergas.hpp"
#include "premix/metrics/mae.hpp"
#include "premix/metrics/periodicity.hpp"
#include "premix/metrics/psnr.hpp"
#include "premix/metrics/qnr.hpp"
#include "premix/metrics/rase.hpp"
#include "premix/metrics/rmse.hpp"
#include "premix/metrics/sam.hpp"
#include "premix/metrics/ssim.hpp"
#include "premix/metrics/uqi.hpp"

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

/// Periodicity of one image, clipped to [0, 1] first: Periodicity_2, Periodicity_4; NaN without a block to measure.
/// Empty for images smaller than a block. prediction (1, H, W, C), pan (1, H, W, 1).
template <Real T>
std::vector<Reading> pattern_metrics(const Tensor<T>& prediction, const Tensor<T>& pan);

namespace detail {

/// Throws unless both images are there and of one shape.
template <Real T>
void check_same_shape(const char* metric, const Tensor<T>& prediction, const Tensor<T>& truth);

/// A copy on the CPU, clipped to [0, 1]. NaN stays.
template <Real T>
Tensor<T> clipped_to_unit(const Tensor<T>& image);

}  // namespace detail

template <Real T>
std::vector<Reading> reduced_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio) {
  PREMIX_CHECK(truth.shape().n == 1, "reduced_resolution_metrics: truth ", truth.shape(), ". One image is expected.");
  detail::check_same_shape("reduced_resolution_metrics", prediction, truth);
  const Tensor<T> p = detail::clipped_to_unit(prediction), t = detail::clipped_to_unit(truth);
  const bool has_angle = t.shape().c > 1;
  std::vector<Reading> readings = {
      {"MAE", mae(p, t)}, {"SSIM", ssim(p, t)}, {"RMSE", rmse_published(p, t)}, {"ERGAS", ergas_published(p, t)}};
  if (has_angle) readings.push_back({"SAM", sam_radians(p, t)});
  readings.insert(readings.end(), {{"RASE", rase_published(p, t)},
                                   {"PSNR", psnr_db(p, t)},
                                   {"UQI", uqi(p, t)},
                                   {"CC", cc_published(p, t)},
                                   {"RMSE_plain", rmse(p, t)},
                                   {"ERGAS_ratio", ergas(p, t, ratio)}});
  if (has_angle) readings.push_back({"SAM_degrees", sam_degrees(p, t)});
  return readings;
}

template <Real T>
std::vector<Reading> full_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& ms, const Tensor<T>& pan) {
  PREMIX_CHECK(prediction.shape().n == 1, "full_resolution_metrics: prediction ", prediction.shape(),
               ". One image is expected.");
  const Tensor<T> fused = detail::clipped_to_unit(prediction);
  const double spatial = d_s(fused, ms, pan);
  if (fused.shape().c == 1) return {{"D_s", spatial}};
  const double spectral = d_lambda(fused, ms);
  return {{"D_lambda", spectral}, {"D_s", spatial}, {"QNR", qnr(spectral, spatial)}};
}

template <Real T>
std::vector<Reading> pattern_metrics(const Tensor<T>& prediction, const Tensor<T>& pan) {
  const Shape shape = prediction.shape();
  PREMIX_CHECK(shape.n == 1, "pattern_metrics: prediction ", shape, ". One image is expected.");
  if (shape.h < periodicity_block || shape.w < periodicity_block) return {};
  const std::optional<Periodicity> found = periodicity(detail::clipped_to_unit(prediction), pan);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {{"Periodicity_2", found ? found->period_2 : none}, {"Periodicity_4", found ? found->period_4 : none}};
}

extern template std::vector<Reading> reduced_resolution_metrics(const Tensor<float>&, const Tensor<float>&, double);
extern template std::vector<Reading> reduced_resolution_metrics(const Tensor<double>&, const Tensor<double>&, double);
extern template std::vector<Reading> full_resolution_metrics(const Tensor<float>&, const Tensor<float>&,
                                                             const Tensor<float>&);
extern template std::vector<Reading> full_resolution_metrics(const Tensor<double>&, const Tensor<double>&,
                                                             const Tensor<double>&);
extern template std::vector<Reading> pattern_metrics(const Tensor<float>&, const Tensor<float>&);
extern template std::vector<Reading> pattern_metrics(const Tensor<double>&, const Tensor<double>&);

}  // namespace premix
