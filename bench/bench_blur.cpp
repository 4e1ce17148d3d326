// Blur and high-pass of images. bytes/s counts both images once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/blur.hpp"

namespace {

using namespace premix;

// Arbitrary weights with side + centre + side = 1.
template <Real T>
constexpr BlurWeights<T> weights{T(0.25), T(0.5)};

template <Real T, class Kernel>
void run(benchmark::State& state, Device where, Kernel kernel) {
  const Shape shape{1, state.range(0), state.range(0), state.range(1)};
  const std::int64_t image = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, image, image);
  if (sets == 0) return;
  const auto x = bench::random_sets<T>(sets, shape, 0, 1, 1, where);
  Tensor<T> y(shape, where);
  bench::measure(state, where, {.bytes = 2 * image}, sets, [&](auto device, std::size_t i) {
    kernel(device, BlurArgs<T>{x[i].data(), y.mutable_data(), 1, shape.h, shape.w, shape.c, weights<T>});
  });
}

template <Real T>
void blur(benchmark::State& state, Device where) {
  run<T>(state, where, [](auto device, const BlurArgs<T>& args) { gaussian_blur(device, args); });
}

template <Real T>
void high(benchmark::State& state, Device where) {
  run<T>(state, where, [](auto device, const BlurArgs<T>& args) { high_pass(device, args); });
}

void add(const std::string& name, Device where, void (*fn)(benchmark::State&, Device)) {
  bench::add(name, where, fn).arg_names({"side", "channels"}).args({1024, 1}).args({1024, 4}).args({2048, 4});
}

const bool added = bench::on_each_device([](Device where) {
  add("gaussian_blur/float", where, blur<float>);
  add("gaussian_blur/double", where, blur<double>);
  add("high_pass/float", where, high<float>);
});

}  // namespace
