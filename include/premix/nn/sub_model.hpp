#pragma once

#include "premix/nn/config.hpp"
#include "premix/nn/emix_block.hpp"
#include "premix/nn/predictive_filter.hpp"
#include "premix/ops/resize_nearest.hpp"

namespace premix {

template <Real T>
struct SubModelInput {
  Variable<T> ms, pan;                    // (N, h, w, B) and (N, h, w, 1): what the features are made of
  Variable<T> filtered_ms, filtered_pan;  // (N, H, W, B) and (N, H, W, 1), H = h 2^t, W = w 2^t: what is filtered
  Features<T> last;  // of the sub-model before, any size that is a multiple of (h, w); empty for the first
};

template <Real T>
struct SubModelResult {
  Variable<T> prediction;  // (N, H, W, B)
  Features<T> features;    // (N, H, W, D)
};

/// One of the nine parts of the network: makes features at 1 / 2^t of the full size, brings them to the full size by t
/// transposed convolutions, and filters both images with what they predict. The published code's PreMixModel.
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
    v("preconv", self.preconv), v("emix", self.emix), v("pf_ms", self.pf_ms), v("pf_pan", self.pf_pan);
    v("transconv_ms", self.transconv_ms), v("transconv_pan", self.transconv_pan);
  }
};

extern template struct SubModel<float>;
extern template struct SubModel<double>;

}  // namespace premix
