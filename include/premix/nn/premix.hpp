#pragma once

#include <functional>

#include "premix/image/blur.hpp"
#include "premix/image/clahe.hpp"
#include "premix/nn/branches.hpp"
#include "premix/nn/sub_model.hpp"
#include "premix/ops/add.hpp"

namespace premix {

/// Images of the three branches: ms (N, H, W, B) and pan (N, H, W, 1) each.
template <Real T>
using BranchImages = PerBranch<Tensor<T>>;

/// Computes the branch images from up_ms (N, H, W, B) and pan (N, H, W, 1), the inputs of PreMix.
template <Real T>
BranchImages<T> branch_images(const Tensor<T>& up_ms, const Tensor<T>& pan, NanCheck nan_check = NanCheck::on);

/// The PreMix network (Cui et al., 2025). Three branches take the high-pass, the contrast-equalised and the original
/// images. Each branch has three sub-models, from a quarter of the size to full size. The nine sub-models filter the
/// upsampled MS image one after the other. See docs/network.md.
template <Real T>
struct PreMix : MoveOnly {
  using Scalar = T;
  PreMixConfig config;
  std::vector<SubModel<T>> model1, model2, model3;  // plain, equalised, high-pass; index: doublings
  std::vector<ResidualBlock<T>> postconv;           // in the published weights, unused

  explicit PreMix(const PreMixConfig& config);

  /// Receives the name and value of intermediate results: hp_ms, hp_pan, eq_ms, eq_pan, and model3.2.pred, .fused_ms,
  /// .fused_pan and so on.
  using Observer = std::function<void(const std::string& name, const Variable<T>& value)>;

  /// Fuses. up_ms (N, H, W, B): the MS image upsampled to the size of pan (N, H, W, 1), both in about [0, 1]. H and W
  /// are multiples of 4 and at least 12 -> (N, H, W, B), not clipped. Throws on a shape mismatch or NaN. Without the
  /// check NaN input gives NaN, and a GPU is not synchronised.
  Variable<T> operator()(const Tensor<T>& up_ms, const Tensor<T>& pan, const Observer& observe = {},
                         NanCheck nan_check = NanCheck::on) const;

  /// Fuses from the result of branch_images(). NaN is not checked.
  Variable<T> operator()(const BranchImages<T>& images, const Observer& observe = {}) const;

  /// Returns the sub-model at a step of sub_model_order.
  const SubModel<T>& sub_model(SubModelStep step) const;

  /// Returns a deep copy on the same device.
  PreMix clone() const;

  static void visit(auto& self, auto&& v) {
    v(branch_name(Branch::plain), self.model1);
    v(branch_name(Branch::equalised), self.model2);
    v(branch_name(Branch::high_pass), self.model3);
    v("postconv", self.postconv);
  }
};

namespace detail {

/// Throws if the image shapes do not fit the network.
template <Real T>
void check_premix_inputs(const PreMixConfig& config, const Tensor<T>& up_ms, const Tensor<T>& pan) {
  const Shape ms = up_ms.shape();
  PREMIX_CHECK(ms.c == config.bands, "PreMix: up_ms ", ms, " has ", ms.c, " bands, the network ", config.bands);
  PREMIX_CHECK(pan.shape() == ms.with_channels(1), "PreMix: up_ms ", ms, ", pan ", pan.shape(), ". pan must be ",
               ms.with_channels(1), '.');
  PREMIX_CHECK(ms.h % 4 == 0 && ms.w % 4 == 0 && ms.h >= 12 && ms.w >= 12, "PreMix: images of ", ms.h, " x ", ms.w,
               " pixels. Both sides must be multiples of 4 and at least 12. Pad them.");
}

/// Passes the results of one sub-model to the observer.
template <Real T>
void report(SubModelStep step, const SubModelResult<T>& result, const typename PreMix<T>::Observer& observe) {
  const std::string prefix = concat(branch_name(step.branch), '.', step.doublings, '.');
  observe(prefix + "pred", result.prediction);
  observe(prefix + "fused_ms", result.features.ms);
  observe(prefix + "fused_pan", result.features.pan);
}

}  // namespace detail

template <Real T>
PreMix<T>::PreMix(const PreMixConfig& options) : config(options) {
  config.check();
  std::mt19937 generator = python_random(config.seed);
  for (auto* model : {&model1, &model2, &model3})
    for (int t = 0; t < 3; ++t) model->emplace_back(config, t, generator);
  postconv.emplace_back(3 * config.bands, config.bands, 3, generator);
}

template <Real T>
BranchImages<T> branch_images(const Tensor<T>& up_ms, const Tensor<T>& pan, NanCheck nan_check) {
  const ClaheOptions equalising{.nan_check = nan_check};
  return {.high_pass = {high_pass(up_ms), high_pass(pan)},
          .equalised = {clahe(up_ms, equalising), clahe(pan, equalising)},
          .plain = {up_ms, pan}};
}

template <Real T>
Variable<T> PreMix<T>::operator()(const Tensor<T>& up_ms, const Tensor<T>& pan, const Observer& observe,
                                  NanCheck nan_check) const {
  detail::check_premix_inputs(config, up_ms, pan);
  return (*this)(branch_images(up_ms, pan, nan_check), observe);
}

template <Real T>
Variable<T> PreMix<T>::operator()(const BranchImages<T>& images, const Observer& observe) const {
  detail::check_premix_inputs(config, images.plain.ms, images.plain.pan);
  const PerBranch<Variable<T>> seen = images.map([](const Tensor<T>& image) { return Variable<T>(image); });
  if (observe) {
    observe("hp_ms", seen.high_pass.ms);
    observe("hp_pan", seen.high_pass.pan);
    observe("eq_ms", seen.equalised.ms);
    observe("eq_pan", seen.equalised.pan);
  }
  SubModelResult<T> state{.prediction = seen.plain.ms, .features = {}};
  for (const SubModelStep step : sub_model_order) {
    const auto downscaled = [&](const Variable<T>& image) { return nearest_downscale(image, step.ratio()); };
    state = sub_model(step)({.images = seen[step.branch].map(downscaled),
                             .filtered = {state.prediction, seen.plain.pan},
                             .last = state.features});
    if (observe) detail::report<T>(step, state, observe);
  }
  return state.prediction + seen.plain.ms;
}

template <Real T>
const SubModel<T>& PreMix<T>::sub_model(SubModelStep step) const {
  const auto& branch = step.branch == Branch::plain ? model1 : step.branch == Branch::equalised ? model2 : model3;
  return branch[static_cast<std::size_t>(step.doublings)];
}

template <Real T>
PreMix<T> PreMix<T>::clone() const {
  PreMix copy(config);
  move_parameters(copy, parameters(*this).front().device());
  copy_parameters(*this, copy);
  return copy;
}

extern template void detail::check_premix_inputs(const PreMixConfig&, const Tensor<float>&, const Tensor<float>&);
extern template void detail::check_premix_inputs(const PreMixConfig&, const Tensor<double>&, const Tensor<double>&);
extern template BranchImages<float> branch_images(const Tensor<float>&, const Tensor<float>&, NanCheck);
extern template BranchImages<double> branch_images(const Tensor<double>&, const Tensor<double>&, NanCheck);
extern template struct PreMix<float>;
extern template struct PreMix<double>;

}  // namespace premix
