// Mean absolute difference. bytes/s counts every tensor once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/l1_loss.hpp"

namespace {

using namespace premix;

Shape shape_of(const benchmark::State& state) { return {state.range(0), state.range(1), state.range(1), 4}; }

template <Real T>
void forward(benchmark::State& state, Device where) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, 2 * tensor, 0);
  if (sets == 0) return;
  const auto in = bench::random_sets<T>(2 * sets, shape, 0, 1, 1, where);
  Tensor<T> loss({1, 1, 1, 1}, where);
  bench::measure(state, where, {.bytes = 2 * tensor, .read = 2 * tensor}, sets, [&](auto device, std::size_t i) {
    l1_loss_forward(device, L1LossArgs<T>{in[2 * i].data(), in[2 * i + 1].data(), loss.mutable_data(), shape.size()});
  });
}

template <Real T>
void backward(benchmark::State& state, Device where) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, 2 * tensor, tensor);
  if (sets == 0) return;
  const auto in = bench::random_sets<T>(2 * sets, shape, 0, 1, 1, where);
  const auto d_loss = Tensor<T>::full({1, 1, 1, 1}, T(1), where);
  Tensor<T> d_prediction(shape, where);
  bench::measure(state, where, {.bytes = 3 * tensor}, sets, [&](auto device, std::size_t i) {
    l1_loss_backward(device, L1LossBackwardArgs<T>{in[2 * i].data(), in[2 * i + 1].data(), d_loss.data(),
                                                   d_prediction.mutable_data(), shape.size()});
  });
}

void add(const std::string& name, Device where, void (*fn)(benchmark::State&, Device)) {
  bench::add(name, where, fn).arg_names({"N", "side"}).args({16, 64}).args({1, 1024}).args({1, 2048});
}

const bool added = bench::on_each_device([](Device where) {
  add("l1_loss_forward/float", where, forward<float>);
  add("l1_loss_forward/double", where, forward<double>);
  add("l1_loss_backward/float", where, backward<float>);
});

}  // namespace
