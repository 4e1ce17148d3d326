#include "premix/metrics/report.hpp"

#include "metrics/arguments.hpp"
#include "premix/metrics/cc.hpp"
#include "premix/metrics/d_lambda.hpp"
#include "premix/metrics/d_s.hpp"
#include "premix/metrics/ergas.hpp"
#include "premix/metrics/mae.hpp"
#include "premix/metrics/psnr.hpp"
#include "premix/metrics/qnr.hpp"
#include "premix/metrics/rase.hpp"
#include "premix/metrics/rmse.hpp"
#include "premix/metrics/sam.hpp"
#include "premix/metrics/ssim.hpp"
#include "premix/metrics/uqi.hpp"

namespace premix {
using namespace metrics;

template <Real T>
std::vector<Reading> reduced_resolution_metrics(const Tensor<T>& prediction, const Tensor<T>& truth, double ratio) {
  PREMIX_CHECK(truth.shape().n == 1, "reduced_resolution_metrics: truth ", truth.shape(), " must be one image");
  check_pair("reduced_resolution_metrics", prediction, truth);
  const Tensor<T> p = clipped(prediction), t = clipped(truth);
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
               " must be one image");
  const Tensor<T> fused = clipped(prediction);
  const double spatial = d_s(fused, ms, pan);
  if (fused.shape().c == 1) return {{"D_s", spatial}};
  const double spectral = d_lambda(fused, ms);
  return {{"D_lambda", spectral}, {"D_s", spatial}, {"QNR", qnr(spectral, spatial)}};
}

template std::vector<Reading> reduced_resolution_metrics(const Tensor<float>&, const Tensor<float>&, double);
template std::vector<Reading> reduced_resolution_metrics(const Tensor<double>&, const Tensor<double>&, double);
template std::vector<Reading> full_resolution_metrics(const Tensor<float>&, const Tensor<float>&, const Tensor<float>&);
template std::vector<Reading> full_resolution_metrics(const Tensor<double>&, const Tensor<double>&,
                                                      const Tensor<double>&);

}  // namespace premix
