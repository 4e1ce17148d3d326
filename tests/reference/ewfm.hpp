#pragma once

#include <cmath>
#include <string>

#include "premix/core/error.hpp"
#include "reference/grid.hpp"

namespace premix::reference {

/// Value and slope of a function.
struct ValueAndSlope {
  double value, slope;
};

/// Activation of the published code by its published name: an outer function of an inner one, by the chain rule.
inline ValueAndSlope activation(const std::string& name, double x) {
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  if (name == "sigmoid") return {sigmoid(x), sigmoid(x) * sigmoid(-x)};
  ValueAndSlope inner{};
  if (name.ends_with("+relu"))  // relu6: flat on both sides
    inner = x <= 0 ? ValueAndSlope{0, 0} : x >= 6 ? ValueAndSlope{6, 0} : ValueAndSlope{x, 1};
  else  // elu + 1
    inner = x > 0 ? ValueAndSlope{x + 1, 1} : ValueAndSlope{std::expm1(x) + 1, std::exp(x)};
  if (name.starts_with("tanh+")) return {std::tanh(inner.value), inner.slope / std::pow(std::cosh(inner.value), 2)};
  if (name.starts_with("softsign+"))
    return {inner.value / (1 + std::abs(inner.value)), inner.slope / std::pow(1 + std::abs(inner.value), 2)};
  fail(ErrorKind::usage, "reference activation ", name);
}

/// How the activation becomes a mask.
enum class Comparison { none, hard, smooth };

struct EwfmResults {
  Tensor<double> ms, pan;
};

struct EwfmGradients {
  Tensor<double> ms, pan, logits, beta;
};

/// Mask of a logit, and its derivatives with respect to the logit and beta.
struct MaskSlopes {
  double mask, d_logit, d_beta;
};

inline MaskSlopes mask(const std::string& name, Comparison comparison, double beta, double logit) {
  const ValueAndSlope a = activation(name, logit);
  if (comparison == Comparison::none) return {a.value, a.slope, 0};
  if (comparison == Comparison::hard) return {a.value > beta ? 1.0 : 0.0, 0, 0};
  const double value = 1 / (1 + std::exp(-20 * (a.value - beta)));
  const double slope = 20 * value / (1 + std::exp(20 * (a.value - beta)));
  return {value, slope * a.slope, -slope};
}

template <Real T>
EwfmResults ewfm(const Tensor<T>& ms, const Tensor<T>& pan, const Tensor<T>& logits, const std::string& name,
                 Comparison comparison, double beta) {
  Grid mixed_ms(ms.shape()), mixed_pan(ms.shape());
  for_each_element(ms.shape(), [&](auto n, auto y, auto x, auto c) {
    const double m = mask(name, comparison, beta, logits(n, y, x, c)).mask;
    mixed_ms(n, y, x, c) = (1 - m) * static_cast<double>(ms(n, y, x, c)) + m * static_cast<double>(pan(n, y, x, c));
    mixed_pan(n, y, x, c) = (1 - m) * static_cast<double>(pan(n, y, x, c)) + m * static_cast<double>(ms(n, y, x, c));
  });
  return {mixed_ms.tensor(), mixed_pan.tensor()};
}

template <Real T>
EwfmGradients ewfm_gradients(const Tensor<T>& ms, const Tensor<T>& pan, const Tensor<T>& logits,
                             const std::string& name, Comparison comparison, double beta, const Tensor<T>& d_mixed_ms,
                             const Tensor<T>& d_mixed_pan) {
  Grid d_ms(ms.shape()), d_pan(ms.shape()), d_logits(ms.shape()), d_beta({1, 1, 1, 1});
  for_each_element(ms.shape(), [&](auto n, auto y, auto x, auto c) {
    const MaskSlopes m = mask(name, comparison, beta, logits(n, y, x, c));
    const double to_ms = d_mixed_ms(n, y, x, c), to_pan = d_mixed_pan(n, y, x, c);
    const double difference = static_cast<double>(pan(n, y, x, c)) - static_cast<double>(ms(n, y, x, c));
    d_ms(n, y, x, c) = to_ms * (1 - m.mask) + to_pan * m.mask;
    d_pan(n, y, x, c) = to_ms * m.mask + to_pan * (1 - m.mask);
    const double d_mask = to_ms * difference - to_pan * difference;
    d_logits(n, y, x, c) = d_mask * m.d_logit;
    d_beta(0, 0, 0, 0) += d_mask * m.d_beta;
  });
  return {d_ms.tensor(), d_pan.tensor(), d_logits.tensor(), d_beta.tensor()};
}

}  // namespace premix::reference
