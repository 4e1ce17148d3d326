#pragma once

#include "premix/nn/config.hpp"
#include "premix/nn/emix_block.hpp"
#include "premix/nn/predictive_filter.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/resize_nearest.hpp"

namespace premix {

template <Real T>
struct SubModelInput {
  MsPan<Variable<T>> images;    // (N, h, w, B) and (N, h, w, 1): inputs of the encoders
  MsPan<Variable<T>> filtered;  // (N, H, W, B) and (N, H, W, 1), H = h 2^t, W = w 2^t: the images to filter
  MsPan<Variable<T>> last;      // features of the previous sub-model, size a multiple of (h, w); empty for the first
};

template <Real T>
struct SubModelResult {
  Variable<T> prediction;       // (N, H, W, B)
  MsPan<Variable<T>> features;  // (N, H, W, D)
};

/// One of the nine parts of the network. Computes features at 1 / 2^t of the full size, upsamples them by t transposed
/// convolutions, predicts filters from them and filters both images. PreMixModel in the published code.
template <Real T>
struct SubModel : MoveOnly {
  using Scalar = T;
  EMixBlock<T> preconv;
  std::vector<EMixBlock<T>> emix;
  PredictiveFilter<T> pf_ms, pf_pan;
  std::vector<ConvTranspose2d<T>> transconv_ms, transconv_pan;

  SubModel(const PreMixConfig& config, int doublings, std::mt19937& generator);
  SubModelResult<T> operator()(const SubModelInput<T>& input) const;
  static void visit(auto& self, auto&& v) {
    v("preconv", self.preconv);
    v("emix", self.emix);
    v("pf_ms", self.pf_ms);
    v("pf_pan", self.pf_pan);
    v("transconv_ms", self.transconv_ms);
    v("transconv_pan", self.transconv_pan);
  }
};

namespace detail {

inline EMixOptions block_options(const PreMixConfig& config, int in_ms, int in_pan) {
  return {.in_ms = in_ms,
          .in_pan = in_pan,
          .kernel = config.kernel_size,
          .mixing = config.mixing,
          .ewfm = {.features = config.embed_dim,
                   .kernel = config.kernel_size,
                   .activation = config.activation,
                   .beta = config.beta}};
}

inline PredictiveFilterOptions filter_options(const PreMixConfig& config) {
  return {.features = config.embed_dim, .bands = config.bands, .kernel = config.pf_kernel};
}

/// Adds the features of the previous sub-model, subsampled to the size of these.
template <Real T>
Variable<T> with_last(const Variable<T>& features, const Variable<T>& last) {
  if (last.empty()) return features;
  const std::int64_t ratio = last.shape().h / features.shape().h;
  return features + nearest_downscale(last, ratio);
}

}  // namespace detail

template <Real T>
SubModel<T>::SubModel(const PreMixConfig& config, int doublings, std::mt19937& generator)
    : preconv(detail::block_options(config, config.bands, 1), generator),
      pf_ms(detail::filter_options(config), generator),
      pf_pan(detail::filter_options(config), generator) {
  for (int i = 1; i < config.num_layers; ++i)
    emix.emplace_back(detail::block_options(config, config.embed_dim, config.embed_dim), generator);
  for (int i = 0; i < doublings; ++i) {
    transconv_ms.emplace_back(config.embed_dim, config.embed_dim, generator);
    transconv_pan.emplace_back(config.embed_dim, config.embed_dim, generator);
  }
}

template <Real T>
SubModelResult<T> SubModel<T>::operator()(const SubModelInput<T>& input) const {
  MsPan<Variable<T>> features = preconv(input.images.ms, input.images.pan);
  features = features.map(detail::with_last<T>, input.last);
  for (const auto& block : emix) features = block(features.ms, features.pan);
  for (const auto& doubling : transconv_ms) features.ms = doubling(features.ms);
  for (const auto& doubling : transconv_pan) features.pan = doubling(features.pan);
  const auto ms = pf_ms.predicted(features.ms, input.filtered.ms),
             pan = pf_pan.predicted(features.pan, input.filtered.pan);
  return {predictive_filter_sum(ms, pan, pf_ms.kernel), features};
}

extern template struct SubModel<float>;
extern template struct SubModel<double>;

}  // namespace premix
