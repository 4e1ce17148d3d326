#pragma once

#include "premix/nn/conv2d.hpp"
#include "premix/ops/add.hpp"
#include "premix/ops/residual_sum.hpp"

namespace premix {

/// s(x) + conv2(relu(conv1(x))). s is the identity, or a 1 x 1 convolution if the channels change. (N, H, W, I) -> (N,
/// H, W, O).
template <Real T>
struct ResidualBlock : MoveOnly {
  using Scalar = T;
  Conv2d<T> conv1, conv2;
  std::optional<Conv2d<T>> conv1x1;

  ResidualBlock(int in, int out, int kernel, std::mt19937& generator)
      : conv1({.in = in, .out = out, .kernel = kernel, .bias = false}, generator),
        conv2({.in = out, .out = out, .kernel = kernel, .bias = false}, generator) {
    if (in != out) conv1x1.emplace(Conv2dOptions{.in = in, .out = out, .kernel = 1}, generator);
  }

  Variable<T> operator()(const Variable<T>& x) const {
    if (!conv1x1) return residual_sum(x, conv1.weight, conv2.weight);
    return (*conv1x1)(x) + conv2(conv1(x, Conv2dActivation::relu));
  }
  static void visit(auto& self, auto&& v) {
    v("conv1", self.conv1);
    v("conv2", self.conv2);
    v("conv1x1", self.conv1x1);
  }
};

}  // namespace premix
