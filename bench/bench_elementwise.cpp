// ReLU, addition and bias. bytes/s counts every tensor once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/elementwise.hpp"

namespace {

using namespace premix;

Shape shape_of(const benchmark::State& state) { return {1, state.range(0), state.range(0), 32}; }

// Operations that read `read` tensors and write one. Calls run(device, inputs of this run, result, count).
template <Real T, class Run>
void over_tensors(benchmark::State& state, Device where, std::int64_t read, Run run) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, read * tensor, tensor);
  if (sets == 0) return;
  const auto count = static_cast<std::size_t>(read);
  const auto in = bench::random_sets<T>(sets * count, shape, -1, 1, 1, where);
  Tensor<T> out(shape, where);
  bench::measure(state, where, {.bytes = (read + 1) * tensor}, sets,
                 [&](auto device, std::size_t i) { run(device, &in[i * count], out.mutable_data(), shape.size()); });
}

template <Real T>
void run_relu_forward(benchmark::State& state, Device where) {
  over_tensors<T>(state, where, 1, [](auto device, const Tensor<T>* in, T* out, std::int64_t count) {
    relu_forward(device, ReluArgs<T>{in[0].data(), out, count});
  });
}

template <Real T>
void run_relu_backward(benchmark::State& state, Device where) {
  over_tensors<T>(state, where, 2, [](auto device, const Tensor<T>* in, T* out, std::int64_t count) {
    relu_backward(device, ReluBackwardArgs<T>{in[0].data(), in[1].data(), out, count});
  });
}

template <Real T>
void run_add(benchmark::State& state, Device where) {
  over_tensors<T>(state, where, 2, [](auto device, const Tensor<T>* in, T* out, std::int64_t count) {
    add(device, AddArgs<T>{in[0].data(), in[1].data(), out, count});
  });
}

template <Real T>
void run_bias_forward(benchmark::State& state, Device where) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, tensor, 0);
  if (sets == 0) return;
  auto y = bench::random_sets<T>(sets, shape, -1, 1, 1, where);
  const auto bias = bench::random_between<T>({1, 1, 1, shape.c}, -1, 1, 2, where);
  bench::measure(state, where, {.bytes = 2 * tensor}, sets, [&](auto device, std::size_t i) {
    add_bias(device, AddBiasArgs<T>{bias.data(), y[i].mutable_data(), shape.pixels(), shape.c});
  });
}

template <Real T>
void run_bias_backward(benchmark::State& state, Device where) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, tensor, 0);
  if (sets == 0) return;
  const auto d_y = bench::random_sets<T>(sets, shape, -1, 1, 1, where);
  Tensor<T> d_bias({1, 1, 1, shape.c}, where);
  bench::measure(state, where, {.bytes = tensor, .read = tensor}, sets, [&](auto device, std::size_t i) {
    bias_backward(device, BiasBackwardArgs<T>{d_y[i].data(), d_bias.mutable_data(), shape.pixels(), shape.c});
  });
}

using Run = void (*)(benchmark::State&, Device);

void register_one(const std::string& name, Device where, Run run) {
  bench::add(name, where, run).arg_names({"side"}).args({256}).args({1024});
}

template <Real T>
void register_all(const std::string& type, Device where) {
  register_one("relu_forward/" + type, where, run_relu_forward<T>);
  register_one("relu_backward/" + type, where, run_relu_backward<T>);
  register_one("add/" + type, where, run_add<T>);
  register_one("bias_forward/" + type, where, run_bias_forward<T>);
  register_one("bias_backward/" + type, where, run_bias_backward<T>);
}

const bool added = bench::on_each_device([](Device where) {
  register_all<float>("float", where);
  register_all<double>("double", where);
});

}  // namespace
