// The network's convolutions. FLOP/s counts all taps of every pixel, including those in the padding. Algorithms with
// fewer operations can exceed the peak.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/conv2d_fused.hpp"

namespace {

using namespace premix;

// A convolution with stride 1, or one with stride 2 whose adjoint is the transposed convolution. N and side are those
// of the layer's input, which is the smaller image of a transposed convolution.
struct Case {
  Conv2dSizes sizes;

  Case(const benchmark::State& state, int stride) {
    const std::int64_t images = state.range(0), side = state.range(1), in = state.range(2), out = state.range(3);
    sizes = stride == 1 ? Conv2dSizes{images, side, side, in, side, side, out, 3, 1}
                        : Conv2dSizes{images, 2 * side, 2 * side, out, side, side, in, 3, 2};
  }

  Shape x() const { return {sizes.images, sizes.height, sizes.width, sizes.channels}; }
  Shape y() const { return {sizes.images, sizes.out_height, sizes.out_width, sizes.out_channels}; }
  Shape weight() const { return {sizes.out_channels, sizes.kernel, sizes.kernel, sizes.channels}; }
  template <class T>
  bench::Work work() const {
    return {.bytes = bench::bytes_of<T>(x()) + bench::bytes_of<T>(y()) + bench::bytes_of<T>(weight()),
            .flops = 2 * y().pixels() * weight().size(),
            .numbers = sizeof(T) == sizeof(double) ? bench::Numbers::f64 : bench::Numbers::f32};
  }
};

template <Real T>
void forward(benchmark::State& state, Device where) {
  const Case c(state, 1);
  const std::size_t sets = bench::input_sets(state, where, bench::bytes_of<T>(c.x()), bench::bytes_of<T>(c.y()));
  if (sets == 0) return;
  const auto x = bench::random_sets<T>(sets, c.x(), -1, 1, 1, where);
  const auto weight = bench::random_between<T>(c.weight(), -0.1, 0.1, 100, where);
  const auto bias = bench::random_between<T>({1, 1, 1, c.y().c}, -1, 1, 101, where);
  Tensor<T> y(c.y(), where);
  bench::measure(state, where, c.work<T>(), sets, [&](auto device, std::size_t i) {
    conv2d_fused_forward(device,
                         FusedConv2dArgs<T>{{x[i].data(), weight.data(), bias.data(), y.mutable_data(), c.sizes}});
  });
}

template <Real T>
void backward_data(benchmark::State& state, Device where) {
  const Case c(state, 1);
  const std::size_t sets = bench::input_sets(state, where, bench::bytes_of<T>(c.y()), bench::bytes_of<T>(c.x()));
  if (sets == 0) return;
  const auto d_y = bench::random_sets<T>(sets, c.y(), -1, 1, 1, where);
  const auto weight = bench::random_between<T>(c.weight(), -0.1, 0.1, 100, where);
  Tensor<T> d_x(c.x(), where);
  bench::measure(state, where, c.work<T>(), sets, [&](auto device, std::size_t i) {
    conv2d_fused_backward_data(
        device, FusedConv2dBackwardDataArgs<T>{{d_y[i].data(), weight.data(), d_x.mutable_data(), c.sizes}});
  });
}

template <Real T>
void backward_weight(benchmark::State& state, Device where) {
  const Case c(state, 1);
  const std::size_t sets = bench::input_sets(state, where, bench::bytes_of<T>(c.x()) + bench::bytes_of<T>(c.y()), 0);
  if (sets == 0) return;
  const auto x = bench::random_sets<T>(sets, c.x(), -1, 1, 1, where),
             d_y = bench::random_sets<T>(sets, c.y(), -1, 1, 50, where);
  Tensor<T> d_weight(c.weight(), where);
  bench::measure(state, where, c.work<T>(), sets, [&](auto device, std::size_t i) {
    conv2d_fused_backward_weight(
        device, FusedConv2dBackwardWeightArgs<T>{{x[i].data(), d_y[i].data(), d_weight.mutable_data(), c.sizes}});
  });
}

// The operations of conv_transpose2d, bias included. Its output has the shape x of the stride-2 convolution.
template <Real T>
void transposed(benchmark::State& state, Device where) {
  const Case c(state, 2);
  const std::size_t sets = bench::input_sets(state, where, bench::bytes_of<T>(c.y()), bench::bytes_of<T>(c.x()));
  if (sets == 0) return;
  const auto in = bench::random_sets<T>(sets, c.y(), -1, 1, 1, where);
  const auto weight = bench::random_between<T>(c.weight(), -0.1, 0.1, 100, where);
  const auto bias = bench::random_between<T>({1, 1, 1, c.x().c}, -1, 1, 101, where);
  Tensor<T> out(c.x(), where);
  bench::measure(state, where, c.work<T>(), sets, [&](auto device, std::size_t i) {
    conv2d_backward_data(device, Conv2dBackwardDataArgs<T>{in[i].data(), weight.data(), out.mutable_data(), c.sizes});
    add_bias(device, AddBiasArgs<T>{bias.data(), out.mutable_data(), c.x().pixels(), c.x().c});
  });
}

using Run = void (*)(benchmark::State&, Device);

void add(const std::string& name, Device where, Run run) {
  auto added = bench::add(name, where, run).arg_names({"N", "side", "in", "out"});
  for (const auto& [in, out] : {std::pair{4, 32}, std::pair{1, 32}, std::pair{32, 32}, std::pair{32, 36}})
    added.args({1, 256, in, out}).args({1, 1024, in, out}).args({16, 64, in, out});
}

const bool added = bench::on_each_device([](Device where) {
  add("conv2d_forward/float", where, forward<float>);
  add("conv2d_backward_data/float", where, backward_data<float>);
  add("conv2d_backward_weight/float", where, backward_weight<float>);
  auto added = bench::add("conv_transpose2d/float", where, transposed<float>).arg_names({"N", "side", "in", "out"});
  added.args({1, 128, 32, 32}).args({1, 512, 32, 32}).args({16, 32, 32, 32});
  bench::add("conv2d_forward/double", where, forward<double>)
      .arg_names({"N", "side", "in", "out"})
      .args({1, 256, 32, 32});
});

}  // namespace
