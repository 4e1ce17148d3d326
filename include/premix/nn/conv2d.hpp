#pragma once

#include "premix/core/random.hpp"
#include "premix/nn/module.hpp"
#include "premix/ops/conv2d.hpp"
#include "premix/ops/conv_transpose2d.hpp"

namespace premix {

namespace detail {
/// Returns 1 / sqrt(fan_in), the bound of the initial parameters of a convolution.
double initial_bound(std::int64_t fan_in);

/// Returns a parameter drawn uniformly from (-bound, bound).
template <Real T>
Variable<T> uniform_parameter(Shape shape, double bound, std::mt19937& generator) {
  Tensor<T> values(shape);
  fill_uniform(values, bound, generator);
  return Variable<T>(std::move(values), true);
}
}  // namespace detail

struct Conv2dOptions {
  int in = 0, out = 0;  // channels
  int kernel = 3;       // odd
  bool bias = true;
};

/// Convolution with zero padding that preserves the size. Weight (O, K, K, I) and bias (O) are initialised uniformly in
/// (-b, b), b = 1 / sqrt(I K K).
template <Real T>
struct Conv2d : MoveOnly {
  using Scalar = T;
  Variable<T> weight, bias;

  Conv2d(const Conv2dOptions& options, std::mt19937& generator) {
    const double bound = detail::initial_bound(std::int64_t{options.in} * options.kernel * options.kernel);
    weight = detail::uniform_parameter<T>({options.out, options.kernel, options.kernel, options.in}, bound, generator);
    if (options.bias) bias = detail::uniform_parameter<T>({1, 1, 1, options.out}, bound, generator);
  }

  Variable<T> operator()(const Variable<T>& x, Conv2dActivation activation = Conv2dActivation::none) const {
    return conv2d(x, weight, bias, activation);
  }
  static void visit(auto& self, auto&& v) {
    v("weight", self.weight);
    v("bias", self.bias);
  }
};

/// Transposed convolution that doubles the size. Weight (I, 3, 3, O) and bias (O) are initialised uniformly in (-b, b),
/// b = 1 / sqrt(9 O). The published code's framework uses the second dimension of its (I, O, 3, 3) weight as fan-in.
template <Real T>
struct ConvTranspose2d : MoveOnly {
  using Scalar = T;
  Variable<T> weight, bias;

  ConvTranspose2d(int in, int out, std::mt19937& generator) {
    const double bound = detail::initial_bound(std::int64_t{9} * out);
    weight = detail::uniform_parameter<T>({in, 3, 3, out}, bound, generator);
    bias = detail::uniform_parameter<T>({1, 1, 1, out}, bound, generator);
  }

  Variable<T> operator()(const Variable<T>& x) const { return conv_transpose2d(x, weight, bias); }
  static void visit(auto& self, auto&& v) {
    v("weight", self.weight);
    v("bias", self.bias);
  }
};

}  // namespace premix
