#include "premix/autograd/variable.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "premix/kernels/elementwise.hpp"

namespace premix {
namespace {

thread_local bool recording = true;

// Nodes whose owner is being destroyed wait here, so that dropping a long tape is a loop and not a recursion.
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

}  // namespace

NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }
bool grad_enabled() { return recording; }

namespace detail {

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

}  // namespace detail

namespace {

using detail::Node;
using detail::VariableState;

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

// Walks the recorded operations from the newest to the oldest: when an operation's turn comes, all that depend on it
// have had theirs.
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

}  // namespace

template <Real T>
Variable<T>::Variable(Tensor<T> value, bool requires_grad) : state_(std::make_shared<VariableState<T>>()) {
  PREMIX_CHECK(!value.empty(), "Variable: made of a tensor that holds nothing");
  state_->value = std::move(value);
  state_->requires_grad = requires_grad;
}

template <Real T>
const Tensor<T>& Variable<T>::value() const {
  PREMIX_CHECK(state_, "Variable::value: the variable holds nothing");
  return state_->value;
}

template <Real T>
Tensor<T>& Variable<T>::mutable_value() {
  PREMIX_CHECK(state_, "Variable::mutable_value: the variable holds nothing");
  return state_->value;
}

template <Real T>
bool Variable<T>::requires_grad() const {
  return state_ && state_->requires_grad;
}

template <Real T>
const Tensor<T>& Variable<T>::grad() const {
  PREMIX_CHECK(state_, "Variable::grad: the variable holds nothing");
  return state_->grad;
}

template <Real T>
void Variable<T>::zero_grad() {
  PREMIX_CHECK(state_, "Variable::zero_grad: the variable holds nothing");
  state_->grad = {};
}

template <Real T>
void Variable<T>::backward() const {
  PREMIX_CHECK(shape().size() == 1, "backward: the variable has shape ", shape(),
               "; give the weight of each element, or reduce it to one number");
  backward(Tensor<T>::full(shape(), T(1), device()));
}

template <Real T>
void Variable<T>::backward(const Tensor<T>& d_value) const {
  PREMIX_CHECK(requires_grad(),
               "backward: nothing that this variable was computed from requires a gradient, or NoGrad was on");
  Walk<T> walk;
  walk.receive(state_, d_value);
  walk.run();
}

template <Real T>
std::vector<Variable<T>> record(std::vector<Tensor<T>> outputs, std::vector<Variable<T>> inputs,
                                BackwardFn<T> backward) {
  const bool wanted =
      recording && std::any_of(inputs.begin(), inputs.end(), [](const auto& input) { return input.requires_grad(); });
  std::shared_ptr<Node<T>> node;
  if (wanted) {
    static std::atomic<std::uint64_t> created{0};
    node = std::make_shared<Node<T>>();
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

template class Variable<float>;
template class Variable<double>;
template std::vector<Variable<float>> record(std::vector<Tensor<float>>, std::vector<Variable<float>>,
                                             BackwardFn<float>);
template std::vector<Variable<double>> record(std::vector<Tensor<double>>, std::vector<Variable<double>>,
                                              BackwardFn<double>);

}  // namespace premix
