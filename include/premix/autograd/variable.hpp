#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "premix/autograd/tape.hpp"
#include "premix/core/tensor.hpp"

namespace premix {

/// Disables recording on its thread during its lifetime. For inference and parameter updates.
class NoGrad {
 public:
  NoGrad() : before_(std::exchange(detail::recording, false)) {}
  ~NoGrad() { detail::recording = before_; }
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// Returns whether operations on this thread are recorded.
inline bool grad_enabled() { return detail::recording; }

/// A tensor with a differentiable history. Copies refer to the same variable. Operations return new variables. If an
/// input requires a gradient, the result records the operation. See docs/autograd.md.
template <Real T>
class Variable {
 public:
  /// Makes an empty variable: empty() is true.
  Variable() = default;

  /// Makes a leaf. backward() collects its gradient if requires_grad is true.
  explicit Variable(Tensor<T> value, bool requires_grad = false);

  bool empty() const { return state_ == nullptr; }
  const Tensor<T>& value() const;
  Tensor<T>& mutable_value();  // for optimisers, initialisers and loaders
  const Shape& shape() const { return value().shape(); }
  Device device() const { return value().device(); }
  bool requires_grad() const;

  /// Returns the collected gradient, in the shape of the value. Empty if none was collected, which differs from zeros.
  const Tensor<T>& grad() const;
  void zero_grad();  // drops the gradient

  /// Adds the derivatives of this variable to the gradients of all leaves it depends on. The variable must hold one
  /// element. Frees the recorded operations: a second walk throws. Also throws if a saved tensor was modified.
  void backward() const;

  /// Starts from the weighted sum of all elements instead. d_value: (N, H, W, C), the weights, in the shape of the
  /// value.
  void backward(const Tensor<T>& d_value) const;

  /// Returns a leaf with the same value and no history.
  Variable detached() const { return Variable(value()); }

  const std::shared_ptr<detail::VariableState<T>>& state() const { return state_; }

 private:
  std::shared_ptr<detail::VariableState<T>> state_;
};

/// A tensor saved for the backward pass. get() throws if it was modified since.
template <Real T>
class Saved {
 public:
  Saved() = default;
  explicit Saved(Tensor<T> tensor) : tensor_(std::move(tensor)), writes_(tensor_.writes()) {}

  const Tensor<T>& get() const {
    PREMIX_CHECK(tensor_.writes() == writes_, "backward: a tensor of shape ", tensor_.shape(),
                 " changed after an operation used it. clone() it before writing, or write after backward().");
    return tensor_;
  }

 private:
  Tensor<T> tensor_;
  std::uint64_t writes_ = 0;
};

/// Wraps the outputs of an operation as variables. Records the operation if recording is on and an input requires a
/// gradient. Every differentiable operation ends with this call; see docs/add_an_op.md.
template <Real T>
std::vector<Variable<T>> record(std::vector<Tensor<T>> outputs, std::vector<Variable<T>> inputs,
                                BackwardFn<T> backward);

/// Overload for an operation with one output.
template <Real T>
Variable<T> record(Tensor<T> output, std::vector<Variable<T>> inputs, BackwardFn<T> backward) {
  std::vector<Tensor<T>> outputs;
  outputs.push_back(std::move(output));
  return std::move(record(std::move(outputs), std::move(inputs), std::move(backward)).front());
}

template <Real T>
Variable<T>::Variable(Tensor<T> value, bool requires_grad) : state_(std::make_shared<detail::VariableState<T>>()) {
  PREMIX_CHECK(!value.empty(), "Variable: empty tensor");
  state_->value = std::move(value);
  state_->requires_grad = requires_grad;
}

template <Real T>
const Tensor<T>& Variable<T>::value() const {
  PREMIX_CHECK(state_, "Variable::value: empty variable");
  return state_->value;
}

template <Real T>
Tensor<T>& Variable<T>::mutable_value() {
  PREMIX_CHECK(state_, "Variable::mutable_value: empty variable");
  return state_->value;
}

template <Real T>
bool Variable<T>::requires_grad() const {
  return state_ && state_->requires_grad;
}

template <Real T>
const Tensor<T>& Variable<T>::grad() const {
  PREMIX_CHECK(state_, "Variable::grad: empty variable");
  return state_->grad;
}

template <Real T>
void Variable<T>::zero_grad() {
  PREMIX_CHECK(state_, "Variable::zero_grad: empty variable");
  state_->grad = {};
}

template <Real T>
void Variable<T>::backward() const {
  PREMIX_CHECK(shape().size() == 1, "backward: the variable has shape ", shape(),
               ". Pass the weight of each element, or reduce it to one number.");
  backward(Tensor<T>::full(shape(), T(1), device()));
}

template <Real T>
void Variable<T>::backward(const Tensor<T>& d_value) const {
  PREMIX_CHECK(requires_grad(), "backward: no gradient required: no input requires one, or NoGrad was active");
  detail::Walk<T> walk;
  walk.receive(state_, d_value);
  walk.run();
}

template <Real T>
std::vector<Variable<T>> record(std::vector<Tensor<T>> outputs, std::vector<Variable<T>> inputs,
                                BackwardFn<T> backward) {
  const bool wanted = detail::recording && std::any_of(inputs.begin(), inputs.end(),
                                                       [](const auto& input) { return input.requires_grad(); });
  std::shared_ptr<detail::Node<T>> node;
  if (wanted) {
    static std::atomic<std::uint64_t> created{0};
    node = std::make_shared<detail::Node<T>>();
    node->order = created++;
    node->backward = std::move(backward);
    node->device = outputs.front().device();
    for (const auto& output : outputs) node->output_shapes.push_back(output.shape());
    for (const auto& input : inputs) node->inputs.push_back(input.state());
  }
  std::vector<Variable<T>> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    results.emplace_back(std::move(outputs[i]), wanted);
    results.back().state()->node = node;
    results.back().state()->output = i;
  }
  return results;
}

extern template class Variable<float>;
extern template class Variable<double>;
extern template std::vector<Variable<float>> record(std::vector<Tensor<float>>, std::vector<Variable<float>>,
                                                    BackwardFn<float>);
extern template std::vector<Variable<double>> record(std::vector<Tensor<double>>, std::vector<Variable<double>>,
                                                     BackwardFn<double>);

}  // namespace premix
