#include "premix/nn/sub_model.hpp"

#include "premix/ops/add.hpp"

namespace premix {
namespace {

EMixOptions block_options(const PreMixConfig& config, int in_ms, int in_pan) {
  return {.in_ms = in_ms,
          .in_pan = in_pan,
          .kernel = config.kernel_size,
          .mixing = config.mixing,
          .ewfm = {.features = config.embed_dim,
                   .kernel = config.kernel_size,
                   .activation = config.activation,
                   .beta = config.beta}};
}

PredictiveFilterOptions filter_options(const PreMixConfig& config) {
  return {.features = config.embed_dim, .bands = config.bands, .kernel = config.pf_kernel};
}

// Features of the sub-model before, sampled down to the size of these, and added.
template <Real T>
Variable<T> with_last(const Variable<T>& features, const Variable<T>& last) {
  if (last.empty()) return features;
  const std::int64_t ratio = last.shape().h / features.shape().h;
  return features + nearest_downscale(last, ratio);
}

}  // namespace

template <Real T>
SubModel<T>::SubModel(const PreMixConfig& config, int doublings, std::mt19937& generator)
    : preconv(block_options(config, config.bands, 1), generator),
      pf_ms(filter_options(config), generator),
      pf_pan(filter_options(config), generator) {
  for (int i = 1; i < config.num_layers; ++i)
    emix.emplace_back(block_options(config, config.embed_dim, config.embed_dim), generator);
  for (int i = 0; i < doublings; ++i) {
    transconv_ms.emplace_back(config.embed_dim, config.embed_dim, generator);
    transconv_pan.emplace_back(config.embed_dim, config.embed_dim, generator);
  }
}

template <Real T>
SubModelResult<T> SubModel<T>::operator()(const SubModelInput<T>& input) const {
  Features<T> features = preconv(input.ms, input.pan);
  features = {with_last(features.ms, input.last.ms), with_last(features.pan, input.last.pan)};
  for (const auto& block : emix) features = block(features.ms, features.pan);
  for (const auto& doubling : transconv_ms) features.ms = doubling(features.ms);
  for (const auto& doubling : transconv_pan) features.pan = doubling(features.pan);
  const auto ms = pf_ms.predicted(features.ms, input.filtered_ms),
             pan = pf_pan.predicted(features.pan, input.filtered_pan);
  return {predictive_filter_sum(ms, pan, pf_ms.kernel), features};
}

template struct SubModel<float>;
template struct SubModel<double>;

}  // namespace premix
