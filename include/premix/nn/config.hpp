#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "premix/kernels/ewfm.hpp"

namespace premix {

/// The architecture of a PreMix network, in the published code's terms.
struct PreMixConfig {
  int bands = 4;        // of the multispectral image
  int embed_dim = 32;   // feature channels D
  int kernel_size = 3;  // of the encoders' convolutions, odd
  int pf_kernel = 3;    // K of the predicted filters, odd
  int num_layers = 1;   // mixing blocks in each sub-model; 0 acts like 1
  bool mixing = true;   // --EWFM
  Activation activation = Activation::tanh_relu;
  std::optional<double> beta = {};  // none: soft masks; up to 1: hard; above 1: trainable
  std::uint32_t seed = 42;          // of the initial parameters; no part of the architecture

  /// Throws a usage Error that names the first impossible value.
  void check() const;

  /// Whether two networks have the same parameters and compute the same function of them.
  bool same_architecture(const PreMixConfig& other) const;
};

/// The published names: sigmoid, tanh+relu, tanh+elu, softsign+elu, softsign+relu.
std::string activation_name(Activation activation);

/// The activation of that name. Throws a usage Error that lists the names.
Activation activation_by_name(std::string_view name);

}  // namespace premix
