// Downsampling of features, as between the network's sub-models. bytes/s counts the samples read and written.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/resize_nearest.hpp"

namespace {

using namespace premix;

// From side x side pixels to every ratio-th pixel.
struct Case {
  Shape large, small;
  NearestAxis axis;

  explicit Case(const benchmark::State& state) : large{1, state.range(0), state.range(0), 32}, small(large) {
    const std::int64_t ratio = state.range(1);
    small.h = small.w = large.h / ratio;
    axis = {large.h, small.h, ratio, 1};
  }
};

template <Real T>
void forward(benchmark::State& state, Device where) {
  const Case c(state);
  const std::int64_t small = bench::bytes_of<T>(c.small);
  const std::size_t sets = bench::input_sets(state, where, bench::bytes_of<T>(c.large), small);
  if (sets == 0) return;
  const auto x = bench::random_sets<T>(sets, c.large, -1, 1, 1, where);
  Tensor<T> y(c.small, where);
  bench::measure(state, where, {.bytes = 2 * small}, sets, [&](auto device, std::size_t i) {
    nearest_resize_forward(device, NearestResizeArgs<T>{x[i].data(), y.mutable_data(), 1, c.large.c, c.axis, c.axis});
  });
}

template <Real T>
void backward(benchmark::State& state, Device where) {
  const Case c(state);
  const std::int64_t small = bench::bytes_of<T>(c.small), large = bench::bytes_of<T>(c.large);
  const std::size_t sets = bench::input_sets(state, where, small, large);
  if (sets == 0) return;
  const auto d_y = bench::random_sets<T>(sets, c.small, -1, 1, 1, where);
  Tensor<T> d_x(c.large, where);
  bench::measure(state, where, {.bytes = small + large}, sets, [&](auto device, std::size_t i) {
    nearest_resize_backward(
        device, NearestResizeBackwardArgs<T>{d_y[i].data(), d_x.mutable_data(), 1, c.large.c, c.axis, c.axis});
  });
}

const bool added = bench::on_each_device([](Device where) {
  bench::add("nearest_resize_forward/float", where, forward<float>)
      .arg_names({"side", "ratio"})
      .args({1024, 2})
      .args({1024, 4});
  bench::add("nearest_resize_backward/float", where, backward<float>)
      .arg_names({"side", "ratio"})
      .args({1024, 2})
      .args({1024, 4});
});

}  // namespace
