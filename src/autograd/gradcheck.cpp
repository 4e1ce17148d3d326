#include "premix/autograd/gradcheck.hpp"

#include <algorithm>
#include <cmath>

#include "premix/core/random.hpp"

namespace premix {
namespace {

using Weights = std::vector<Tensor<double>>;

// Accepts tensors on different devices.
double dot(const Tensor<double>& a, const Tensor<double>& b) {
  const Tensor<double> first = a.to(cpu()), second = b.to(cpu());
  double sum = 0;
  for (std::int64_t i = 0; i < first.size(); ++i) sum += first.data()[i] * second.data()[i];
  return sum;
}

double weighted_sum(const std::function<std::vector<Variable<double>>()>& fn, const Weights& weights) {
  const NoGrad no_grad;
  const auto outputs = fn();
  double sum = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) sum += dot(outputs[i].value(), weights[i]);
  return sum;
}

// Central difference of the weighted sum along a direction (on the CPU). Restores the input value.
double difference(const std::function<std::vector<Variable<double>>()>& fn, const Weights& weights,
                  Variable<double>& input, const Tensor<double>& direction, double step) {
  const Tensor<double> original = input.value().to(cpu()).clone();
  Tensor<double> moved(original.shape());
  const auto set = [&](const Tensor<double>& values) {
    copy_bytes(input.mutable_value().mutable_data(), input.device(), values.data(), cpu(), values.bytes());
  };
  const auto shifted = [&](double by) {
    double* values = moved.mutable_data();
    for (std::int64_t i = 0; i < original.size(); ++i) values[i] = original.data()[i] + by * direction.data()[i];
    set(moved);
    return weighted_sum(fn, weights);
  };
  const double result = (shifted(step) - shifted(-step)) / (2 * step);
  set(original);
  return result;
}

struct Comparison {
  double analytic, numeric;
  bool kink;
};

Comparison compare(const std::function<std::vector<Variable<double>>()>& fn, const Weights& weights,
                   Variable<double>& input, const Tensor<double>& direction, double step) {
  const double analytic = input.grad().empty() ? 0.0 : dot(input.grad(), direction);
  const double coarse = difference(fn, weights, input, direction, step),
               fine = difference(fn, weights, input, direction, step / 2);
  // If the function is smooth, both differences agree up to the square of the step. Across a kink they differ by a
  // fraction of the jump in slope.
  const bool kink = std::abs(coarse - fine) > 1e-6 * (std::abs(coarse) + std::abs(fine)) + 1e-9;
  return {analytic, (4 * fine - coarse) / 3, kink};
}

}  // namespace

GradcheckResult gradcheck(const std::function<std::vector<Variable<double>>()>& fn,
                          std::vector<Variable<double>> inputs, const GradcheckOptions& options) {
  std::mt19937 generator(options.seed);
  const auto random_like = [&](const Tensor<double>& tensor) {
    Tensor<double> result(tensor.shape());
    fill_uniform(result, 1.0, generator);
    return result;
  };

  for (auto& input : inputs) input.zero_grad();
  Weights weights;
  // backward() starts from one scalar: the sum over all outputs. Several outputs use separate tapes.
  const std::size_t output_count = [&] {
    const NoGrad no_grad;
    const auto outputs = fn();
    for (const auto& output : outputs) weights.push_back(random_like(output.value()).to(output.device()));
    return outputs.size();
  }();
  for (std::size_t i = 0; i < output_count; ++i) {
    const auto outputs = fn();
    if (outputs[i].requires_grad()) outputs[i].backward(weights[i]);
  }

  std::vector<Comparison> comparisons;
  for (auto& input : inputs)
    for (int d = 0; d < options.directions; ++d)
      comparisons.push_back(compare(fn, weights, input, random_like(input.value()), options.step));

  double largest = 0;
  for (const auto& c : comparisons) largest = std::max(largest, std::abs(c.numeric));
  GradcheckResult result;
  for (const auto& c : comparisons) {
    if (c.kink && std::abs(c.analytic - c.numeric) > 1e-7 * std::abs(c.numeric)) {
      ++result.kinks;
      continue;
    }
    ++result.checked;
    result.worst =
        std::max(result.worst, std::abs(c.analytic - c.numeric) / std::max(std::abs(c.numeric), 1e-3 * largest));
  }
  return result;
}

}  // namespace premix
