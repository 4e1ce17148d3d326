#pragma once

#include <functional>

#include "premix/image/clahe.hpp"
#include "premix/nn/sub_model.hpp"

namespace premix {

/// What the three branches see of a pair of images: each ms (N, H, W, B), each pan (N, H, W, 1).
template <Real T>
struct BranchImages {
  Tensor<T> hp_ms, hp_pan;  // high-pass
  Tensor<T> eq_ms, eq_pan;  // contrast-equalised
  Tensor<T> ms, pan;        // as they are
};

/// up_ms (N, H, W, B), pan (N, H, W, 1), as PreMix takes them.
template <Real T>
BranchImages<T> branch_images(const Tensor<T>& up_ms, const Tensor<T>& pan, NanCheck nan_check = NanCheck::on);

/// The PreMix network (Cui et al., 2025): three branches, which see the high-pass images, the contrast-equalised images
/// and the images as they are, of three sub-models each, from a quarter of the size to the full one. The nine filter
/// the enlarged multispectral image one after the other. docs/network.md describes it whole.
template <Real T>
struct PreMix : MoveOnly {
  using Scalar = T;
  PreMixConfig config;
  std::vector<SubModel<T>> model1, model2, model3;  // plain, equalised, high-pass; index t works at 1 / 2^t of the size
  std::vector<ResidualBlock<T>> postconv;           // in the published weights, and never used

  explicit PreMix(const PreMixConfig& config);

  /// Called with the name and value of intermediate results: hp_ms, hp_pan, eq_ms, eq_pan, and model3.2.pred,
  /// .fused_ms, .fused_pan and so on.
  using Observer = std::function<void(const std::string& name, const Variable<T>& value)>;

  /// Fuses. up_ms (N, H, W, B): the multispectral image enlarged to the size of pan (N, H, W, 1), both in about [0, 1];
  /// H and W multiples of 4 and at least 12 -> (N, H, W, B), not clipped. Throws where the shapes do not fit or a value
  /// is not a number; without the check such a value makes results that are none, and on a GPU this waits for nothing.
  Variable<T> operator()(const Tensor<T>& up_ms, const Tensor<T>& pan, const Observer& observe = {},
                         NanCheck nan_check = NanCheck::on) const;

  /// The same from what branch_images() made, which is not looked at for what is no number.
  Variable<T> operator()(const BranchImages<T>& images, const Observer& observe = {}) const;

  /// A copy with parameters of its own, on the same device.
  PreMix clone() const;

  static void visit(auto& self, auto&& v) {
    v("model1", self.model1), v("model2", self.model2), v("model3", self.model3), v("postconv", self.postconv);
  }
};

namespace detail {
/// Throws where the images don't fit the network.
template <Real T>
void check_premix_inputs(const PreMixConfig& config, const Tensor<T>& up_ms, const Tensor<T>& pan);
}  // namespace detail

extern template BranchImages<float> branch_images(const Tensor<float>&, const Tensor<float>&, NanCheck);
extern template BranchImages<double> branch_images(const Tensor<double>&, const Tensor<double>&, NanCheck);
extern template struct PreMix<float>;
extern template struct PreMix<double>;

}  // namespace premix
