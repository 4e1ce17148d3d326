#pragma once

#include <optional>
#include <vector>

#include "cpu/conv_transpose2d.hpp"
#include "infer/numbers.hpp"
#include "premix/nn/premix.hpp"

// Weights of a network, packed for the kernels of src/cpu. S: storage type of features.

namespace premix::infer {

template <class In>
struct PackedConv {
  std::int64_t channels, out_channels;
  Numbers<In> weight;
  std::vector<float> bias;  // empty: no bias

  explicit PackedConv(const Conv2d<float>& conv);
  const float* bias_data() const { return bias.empty() ? nullptr : bias.data(); }
};

template <class S>
struct PackedConvTranspose {
  Numbers<S> weight;
  std::vector<float> bias;
  explicit PackedConvTranspose(const ConvTranspose2d<float>& conv);
};

/// First: storage type of the encoder's input.
template <class First, class S>
struct PackedEncoder {
  PackedConv<First> conv;
  PackedConv<S> conv1, conv2;
  explicit PackedEncoder(const Encoder<float>& encoder);
};

template <class S>
struct PackedMixing {
  PackedConv<S> conv1, conv2;
  Activation activation;
  MaskKind kind;
  float beta;
  explicit PackedMixing(const Ewfm<float>& ewfm);
};

template <class First, class S>
struct PackedBlock {
  PackedEncoder<First, S> ms, pan;
  std::optional<PackedMixing<S>> mixing;
  explicit PackedBlock(const EMixBlock<float>& block);
};

template <class S>
struct PackedSubModel {
  PackedBlock<float, S> preconv;
  std::vector<PackedBlock<S, S>> emix;
  std::vector<PackedConvTranspose<S>> transconv_ms, transconv_pan;
  PackedConv<S> pf_ms, pf_pan;
  explicit PackedSubModel(const SubModel<float>& model);
};

}  // namespace premix::infer
