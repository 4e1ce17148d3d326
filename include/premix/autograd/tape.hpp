#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "premix/core/tensor.hpp"
#include "premix/kernels/elementwise.hpp"

namespace premix {

/// From the gradients of an operation's outputs (zeros where nothing depends on one) to those of its inputs; an empty
/// tensor says that an input gets none.
template <Real T>
using BackwardFn = std::function<std::vector<Tensor<T>>(const std::vector<Tensor<T>>& d_outputs)>;

}  // namespace premix

// The tape: recorded operations and the walk through them. Variables use it; docs/autograd.md explains it.
namespace premix::detail {

/// Whether operations on this thread are recorded.
inline thread_local bool recording = true;

/// Destroys a node. Nodes whose owner is being destroyed wait, so that dropping a long tape is a loop and not a
/// recursion.
template <class Node>
void destroy_later(std::shared_ptr<Node> node) {
  thread_local std::vector<std::shared_ptr<Node>> waiting;
  thread_local bool busy = false;
  waiting.push_back(std::move(node));
  if (busy) return;
  busy = true;
  while (!waiting.empty()) {
    const auto last = std::move(waiting.back());
    waiting.pop_back();
  }
  busy = false;
}

template <Real T>
struct Node;

/// What the copies of a variable share.
template <Real T>
struct VariableState {
  Tensor<T> value;
  Tensor<T> grad;
  bool requires_grad = false;
  std::shared_ptr<Node<T>> node;  // the operation that made it; none for a leaf
  std::size_t output = 0;         // which of the node's outputs it is

  ~VariableState() {
    if (node) destroy_later(std::move(node));
  }
};

/// One recorded operation.
template <Real T>
struct Node {
  std::uint64_t order = 0;  // of creation; an operation is always newer than those it depends on
  std::vector<std::shared_ptr<VariableState<T>>> inputs;
  std::vector<Shape> output_shapes;
  BackwardFn<T> backward;  // empty once the walk has passed
  Device device;

  void free() {
    backward = nullptr;
    inputs.clear();
  }
};

/// Adds a term to a sum, in place where nobody else holds the sum.
template <Real T>
void accumulate(Tensor<T>& sum, const Tensor<T>& term) {
  if (sum.empty()) {
    sum = term;
    return;
  }
  // Where somebody else holds the tensor too, its numbers must stay.
  Tensor<T> result = sum.unique() ? sum : Tensor<T>(term.shape(), term.device());
  on_device(term.device(), [&](auto device) {
    add(device, AddArgs<T>{sum.data(), term.data(), result.mutable_data(), term.size()});
  });
  sum = std::move(result);
}

/// Walks the recorded operations from the newest to the oldest: when an operation's turn comes, all that depend on it
/// have had theirs.
template <Real T>
class Walk {
 public:
  void receive(const std::shared_ptr<VariableState<T>>& variable, const Tensor<T>& d_value) {
    PREMIX_CHECK(d_value.shape() == variable->value.shape(), "backward: a gradient of shape ", d_value.shape(),
                 " for a variable of shape ", variable->value.shape());
    PREMIX_CHECK(d_value.device() == variable->value.device(), "backward: a gradient on ", d_value.device(),
                 " for a variable on ", variable->value.device());
    if (!variable->node) {
      if (variable->requires_grad) accumulate(variable->grad, d_value);
      return;
    }
    const Node<T>& node = *variable->node;
    PREMIX_CHECK(node.backward,
                 "backward: this computation was walked before and its records are freed; compute it again");
    Waiting& waiting = waiting_[node.order];
    waiting.node = variable->node;
    waiting.d_outputs.resize(node.output_shapes.size());
    accumulate(waiting.d_outputs[variable->output], d_value);
  }

  void run() {
    while (!waiting_.empty()) {
      Waiting newest = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      step(*newest.node, newest.d_outputs);
      newest.node->free();
    }
  }

 private:
  // What the walk keeps of an operation until its turn: here and not in the node, so that a walk that throws leaves
  // nothing behind.
  struct Waiting {
    std::shared_ptr<Node<T>> node;
    std::vector<Tensor<T>> d_outputs;
  };

  void step(const Node<T>& node, std::vector<Tensor<T>>& d_outputs) {
    for (std::size_t i = 0; i < d_outputs.size(); ++i)
      if (d_outputs[i].empty()) d_outputs[i] = Tensor<T>::zeros(node.output_shapes[i], node.device);
    const std::vector<Tensor<T>> d_inputs = node.backward(d_outputs);
    PREMIX_CHECK(d_inputs.size() == node.inputs.size(), "backward: an operation with ", node.inputs.size(),
                 " inputs returned ", d_inputs.size(), " gradients");
    for (std::size_t i = 0; i < d_inputs.size(); ++i)
      if (!d_inputs[i].empty()) receive(node.inputs[i], d_inputs[i]);
  }

  std::map<std::uint64_t, Waiting, std::greater<>> waiting_;  // by the order of creation
};

}  // namespace premix::detail
