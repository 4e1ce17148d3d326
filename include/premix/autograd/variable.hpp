#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "premix/core/tensor.hpp"

namespace premix {

/// While an object of this lives, operations on its thread are not recorded: for inference and for parameter updates.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// Whether operations on this thread are recorded.
bool grad_enabled();

namespace detail {
template <Real T>
struct Node;
template <Real T>
struct VariableState;
}  // namespace detail

/// A tensor in a computation that can be walked back. Copies are the same variable. An operation on variables makes new
/// ones; where an input requires a gradient, the result remembers the operation. See docs/autograd.md.
template <Real T>
class Variable {
 public:
  /// Holds nothing: empty() is true.
  Variable() = default;

  /// A leaf. Its gradient is collected by backward() when requires_grad is true.
  explicit Variable(Tensor<T> value, bool requires_grad = false);

  bool empty() const { return state_ == nullptr; }
  const Tensor<T>& value() const;
  Tensor<T>& mutable_value();  // for optimisers, initialisers and loaders
  const Shape& shape() const { return value().shape(); }
  Device device() const { return value().device(); }
  bool requires_grad() const;

  /// The collected gradient, shaped like the value. An empty tensor where none has arrived: not the same as zeros.
  const Tensor<T>& grad() const;
  void zero_grad();  // forgets the gradient

  /// Adds the derivatives of this variable, which must hold one number, to the gradients of all leaves that it was
  /// computed from. The recorded operations are freed on the way: a second walk through them throws, as does a tensor
  /// that was changed since it was used.
  void backward() const;

  /// The same, from the weighted sum of all elements. d_value: (N, H, W, C), the weights, shaped like the value.
  void backward(const Tensor<T>& d_value) const;

  /// The same value as a leaf without history.
  Variable detached() const { return Variable(value()); }

  const std::shared_ptr<detail::VariableState<T>>& state() const { return state_; }

 private:
  std::shared_ptr<detail::VariableState<T>> state_;
};

/// A tensor that a backward pass needs again. get() throws when it was written to in the meantime.
template <Real T>
class Saved {
 public:
  Saved() = default;
  explicit Saved(Tensor<T> tensor) : tensor_(std::move(tensor)), writes_(tensor_.writes()) {}

  const Tensor<T>& get() const {
    PREMIX_CHECK(tensor_.writes() == writes_, "backward: a tensor of shape ", tensor_.shape(),
                 " was changed after an operation had used it; clone() it before writing, or write after backward()");
    return tensor_;
  }

 private:
  Tensor<T> tensor_;
  std::uint64_t writes_ = 0;
};

/// From the gradients of an operation's outputs (zeros where nothing depends on one) to those of its inputs; an empty
/// tensor says that an input gets none.
template <Real T>
using BackwardFn = std::function<std::vector<Tensor<T>>(const std::vector<Tensor<T>>& d_outputs)>;

/// Wraps the outputs of an operation as variables, and records it when recording is on and an input requires a
/// gradient. How every differentiable operation ends; docs/add_an_op.md shows one.
template <Real T>
std::vector<Variable<T>> record(std::vector<Tensor<T>> outputs, std::vector<Variable<T>> inputs,
                                BackwardFn<T> backward);

/// The same for an operation with one output.
template <Real T>
Variable<T> record(Tensor<T> output, std::vector<Variable<T>> inputs, BackwardFn<T> backward) {
  std::vector<Tensor<T>> outputs;
  outputs.push_back(std::move(output));
  return std::move(record(std::move(outputs), std::move(inputs), std::move(backward)).front());
}

extern template class Variable<float>;
extern template class Variable<double>;

}  // namespace premix
