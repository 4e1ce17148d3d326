#pragma once

#include "premix/nn/residual_block.hpp"

namespace premix {

/// Encoder: convolution, ReLU, residual block. Input: an image or features. (N, H, W, I) -> (N, H, W, D).
template <Real T>
struct Encoder : MoveOnly {
  using Scalar = T;
  Conv2d<T> conv;
  ResidualBlock<T> residual;

  Encoder(int in, int features, int kernel, std::mt19937& generator)
      : conv({.in = in, .out = features, .kernel = kernel}, generator),
        residual(features, features, kernel, generator) {}

  Variable<T> operator()(const Variable<T>& x) const { return residual(conv(x, Conv2dActivation::relu)); }
  static void visit(auto& self, auto&& v) {
    v("encoder.0", self.conv);
    v("encoder.2", self.residual);
  }
};

}  // namespace premix
