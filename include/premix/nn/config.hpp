#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "premix/kernels/ewfm.hpp"

namespace premix {

/// Architecture of a PreMix network, in the terms of the published code.
struct PreMixConfig {
  int bands = 4;        // of the MS image
  int embed_dim = 32;   // feature channels D
  int kernel_size = 3;  // of the encoder convolutions, odd
  int pf_kernel = 3;    // K of the predicted filters, odd
  int num_layers = 1;   // mixing blocks per sub-model; 0 acts like 1
  bool mixing = true;   // --EWFM
  Activation activation = Activation::tanh_relu;
  std::optional<double> beta = {};  // empty: soft masks; up to 1: hard; above 1: trainable
  std::uint32_t seed = 42;          // of the initial parameters; not part of the architecture

  /// Checks all values. Throws a usage Error that names the first invalid one.
  void check() const;

  /// Returns whether two networks have the same parameters and compute the same function of them.
  bool same_architecture(const PreMixConfig& other) const;
};

/// Returns the published name: sigmoid, tanh+relu, tanh+elu, softsign+elu or softsign+relu.
std::string activation_name(Activation activation);

/// Returns the activation with that name. Throws a usage Error that lists the names.
Activation activation_by_name(std::string_view name);

}  // namespace premix
