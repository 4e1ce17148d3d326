#include "premix/train/losses.hpp"

#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "premix/core/error.hpp"
#include "premix/image/mtf.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/ops.hpp"

namespace premix {
namespace {

// Image values of a contrast below this are noise: the correlation of flatter places counts less.
constexpr float least_contrast = 1e-3f;

SeparableTaps local_taps() {
  constexpr int radius = 7;
  constexpr double sigma = 2.5;
  std::vector<double> taps;
  for (int i = -radius; i <= radius; ++i) taps.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
  return {.rows = taps, .columns = taps};
}

// x times pan, for each band: filters of one tap. x (N, H, W, B), pan (N, H, W, 1) -> (N, H, W, B)
Variable<float> times_pan(const Variable<float>& x, const Variable<float>& pan) { return predictive_filter(x, pan, 1); }

Variable<float> difference_from_previous(const Variable<float>& x, const SeparableTaps& mean_with_previous) {
  return 2.0f * (x - separable_filter(x, mean_with_previous));
}

// A network that only fuses. On a GPU it runs the module: PreMixInference records graphs, which a recorded training
// step must not do.
class Teacher {
 public:
  explicit Teacher(const PreMix<float>& model) : model_(model.clone()) {
    if (parameters(model_).front().device() == cpu()) inference_.emplace(model_);
  }

  Tensor<float> fused(const BranchImages<float>& images) const {
    const bool branched = !images.high_pass.ms.empty();
    const auto& [ms, pan] = images.plain;
    if (inference_) return branched ? (*inference_)(images) : (*inference_)(ms, pan);
    const NoGrad no_grad;
    return (branched ? model_(images) : model_(ms, pan, {}, NanCheck::off)).value();
  }

 private:
  PreMix<float> model_;
  std::optional<PreMixInference> inference_;
};

}  // namespace

Variable<float> detail_correlation(const Variable<float>& fused, const Tensor<float>& pan) {
  PREMIX_CHECK(pan.shape() == fused.shape().with_channels(1), "detail_correlation: fused ", fused.shape(), ", pan ",
               pan.shape(), ". They must have the same size, and pan one channel.");
  const SeparableTaps taps = local_taps();
  const auto mean_near = [&](const Variable<float>& x) { return separable_filter(x, taps); };
  const Variable<float> pan_image(pan);
  const auto detail = fused - mean_near(fused), pan_detail = pan_image - mean_near(pan_image);
  const auto covariance = mean_near(times_pan(detail, pan_detail));
  const auto variance = mean_near(detail * detail) + least_contrast * least_contrast;
  const auto pan_variance = mean_near(pan_detail * pan_detail) + least_contrast * least_contrast;
  return mean(covariance / sqrt(times_pan(variance, pan_variance)));
}

Variable<float> FullResolutionLoss::operator()(const Variable<float>& fused, const Tensor<float>& pan,
                                               const Tensor<float>& ms) const {
  const auto ratio = static_cast<int>(pan.shape().h / ms.shape().h);
  const auto reduced = separable_filter(fused, mtf_taps({.ratio = ratio, .row_gain = gain, .column_gain = gain}));
  const auto consistency = l1_loss(reduced, ms);
  if (detail == 0) return consistency;
  const auto weight = static_cast<float>(detail);
  return consistency + ((-weight) * detail_correlation(fused, pan) + weight);
}

Variable<float> l1_gradient_loss(const Variable<float>& fused, const Tensor<float>& truth) {
  const SeparableTaps rows{.rows = {0.5, 0.5, 0}, .columns = {1}}, columns{.rows = {1}, .columns = {0.5, 0.5, 0}};
  const Variable<float> target(truth);
  auto loss = l1_loss(fused, truth);
  for (const SeparableTaps* taps : {&rows, &columns})
    loss = loss + l1_loss(difference_from_previous(fused, *taps), difference_from_previous(target, *taps).value());
  return loss;
}

Variable<float> block_mean_loss(const Variable<float>& fused, const Tensor<float>& truth) {
  const bool sixteen = fused.shape().h % 16 == 0 && fused.shape().w % 16 == 0;
  const std::vector<double> ones(sixteen ? 16 : 4, 1.0);
  const SeparableTaps blocks{.rows = ones, .columns = ones, .stride = static_cast<std::int64_t>(ones.size())};
  return l1_loss(separable_filter(fused, blocks), separable_filter(truth, blocks));
}

LossFunction distilled(LossFunction loss, const PreMix<float>& teacher, double weight) {
  const auto network = std::make_shared<const Teacher>(teacher);
  return [=, student = static_cast<float>(1 - weight), share = static_cast<float>(weight)](
             const Variable<float>& fused, const TrainingBatch& batch) -> Variable<float> {
    if (batch.truth_ratio() > 1) return loss(fused, batch);
    TrainingBatch taught = batch;
    taught.truth = network->fused(batch.images);
    return student * loss(fused, batch) + share * loss(fused, taught);
  };
}

LossFunction loss_function(const Recipe& recipe) {
  const FullResolutionLoss full{.gain = recipe.full_resolution_gain, .detail = recipe.detail};
  const auto pixel_loss = [kind = recipe.loss](const Variable<float>& fused, const Tensor<float>& truth) {
    if (kind == LossKind::charbonnier) return charbonnier_loss(fused, truth);
    if (kind == LossKind::l1_gradient) return l1_gradient_loss(fused, truth);
    return l1_loss(fused, truth);
  };
  return [=, bias = static_cast<float>(recipe.bias)](const Variable<float>& fused,
                                                     const TrainingBatch& batch) -> Variable<float> {
    if (batch.truth_ratio() > 1) return full(fused, batch.images.plain.pan, batch.truth);
    const auto loss = pixel_loss(fused, batch.truth);
    return bias > 0 ? loss + bias * block_mean_loss(fused, batch.truth) : loss;
  };
}

}  // namespace premix
