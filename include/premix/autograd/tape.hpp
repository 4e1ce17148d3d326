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

/// Maps the gradients of an operation's outputs to the gradients of its inputs. An output that nothing depends on has a
/// gradient of zeros. An empty tensor means that an input gets no gradient.
template <Real T>
using BackwardFn = std::function<std::vector<Tensor<T>>(const std::vector<Tensor<T>>& d_outputs)>;

}  // namespace premix

// The tape: recorded operations and the backward walk. Variable uses it; see docs/autograd.md.
namespace premix::detail {

/// True while operations on this thread are recorded.
inline thread_local bool recording = true;

/// Destroys a node. Nodes released during a destruction are queued, so a long tape is freed in a loop, without
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

/// State shared by the copies of a variable.
template <Real T>
struct VariableState {
  Tensor<T> value;
  Tensor<T> grad;
  bool requires_grad = false;
  std::shared_ptr<Node<T>> node;  // operation that produced it; null for a leaf
  std::size_t output = 0;         // index among the outputs of the node

  ~VariableState() {
    if (node) destroy_later(std::move(node));
  }
};

/// A recorded operation.
template <Real T>
struct Node {
  std::uint64_t order = 0;  // creation order; an operation is newer than those it depends on
  std::vector<std::shared_ptr<VariableState<T>>> inputs;
  std::vector<Shape> output_shapes;
  BackwardFn<T> backward;  // empty after the walk
  Device device;

  void free() {
    backward = nullptr;
    inputs.clear();
  }
};

/// Adds a term to a sum, in place if the sum has no other owner.
template <Real T>
void accumulate(Tensor<T>& sum, const Tensor<T>& term) {
  if (sum.empty()) {
    sum = term;
    return;
  }
  // A shared tensor must keep its values.
  Tensor<T> result = sum.unique() ? sum : Tensor<T>(term.shape(), term.device());
  on_device(term.device(), [&](auto device) {
    add(device, AddArgs<T>{sum.data(), term.data(), result.mutable_data(), term.size()});
  });
  sum = std::move(result);
}

/// Walks the recorded operations from newest to oldest, so an operation runs after all that depend on it.
template <Real T>
class Walk {
 public:
  void receive(const std::shared_ptr<VariableState<T>>& variable, const Tensor<T>& d_value) {
    PREMIX_CHECK(d_value.shape() == variable->value.shape(), "backward: gradient ", d_value.shape(), " for a variable ",
                 variable->value.shape());
    PREMIX_CHECK(d_value.device() == variable->value.device(), "backward: gradient on ", d_value.device(),
                 " for a variable on ", variable->value.device());
    if (!variable->node) {
      if (variable->requires_grad) accumulate(variable->grad, d_value);
      return;
    }
    const Node<T>& node = *variable->node;
    PREMIX_CHECK(node.backward,
                 "backward: the records of this computation were freed by an earlier backward(). Compute it again.");
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
  // State of an operation until its turn. It is kept here, not in the node, so that a walk that throws leaves nothing
  // behind.
  struct Waiting {
    std::shared_ptr<Node<T>> node;
    std::vector<Tensor<T>> d_outputs;
  };

  void step(const Node<T>& node, std::vector<Tensor<T>>& d_outputs) {
    for (std::size_t i = 0; i < d_outputs.size(); ++i)
      if (d_outputs[i].empty()) d_outputs[i] = Tensor<T>::zeros(node.output_shapes[i], node.device);
    const std::vector<Tensor<T>> d_inputs = node.backward(d_outputs);
    PREMIX_CHECK(d_inputs.size() == node.inputs.size(), "backward: ", d_inputs.size(),
                 " gradients from an operation with ", node.inputs.size(), " inputs");
    for (std::size_t i = 0; i < d_inputs.size(); ++i)
      if (!d_inputs[i].empty()) receive(node.inputs[i], d_inputs[i]);
  }

  std::map<std::uint64_t, Waiting, std::greater<>> waiting_;  // by creation order
};

}  // namespace premix::detail
