// The filtering alone, filters given: bytes/s counts every filter, image and result once, and is to be compared with what the machine
// copies.

#include <benchmark/benchmark.h>

#include "images.hpp"
#include "premix/kernels/predictive_filter.hpp"

namespace {

using namespace premix;

struct Case {
  std::int64_t images, side, bands;
  int kernel;

  explicit Case(const benchmark::State& state)
      : images(state.range(0)), side(state.range(1)), bands(state.range(2)), kernel(static_cast<int>(state.range(3))) {}
  Shape image() const { return {images, side, side, bands}; }
  Shape filters() const { return {images, side, side, bands * kernel * kernel}; }
};

template <class T>
void predictive_filter_forward(benchmark::State& state) {
  const Case c(state);
  const auto filters = bench::random_image<T>(c.filters(), 1), image = bench::random_image<T>(c.image(), 2);
  Tensor<T> y(c.image());
  const PredictiveFilterArgs<T> args{filters.data(), image.data(), y.mutable_data(), c.images, c.side, c.side, c.bands, c.bands, c.kernel};
  for (auto _ : state) premix::predictive_filter_forward(Cpu{}, args);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(filters.bytes() + 2 * image.bytes()));
}

// Both gradients: the filters are read and written, the images d_y and image read, d_image written.
template <class T>
void predictive_filter_backward(benchmark::State& state) {
  const Case c(state);
  const auto filters = bench::random_image<T>(c.filters(), 1), image = bench::random_image<T>(c.image(), 2),
             d_y = bench::random_image<T>(c.image(), 3);
  Tensor<T> d_filters(c.filters()), d_image(c.image());
  const PredictiveFilterBackwardArgs<T> args{
      filters.data(), image.data(), d_y.data(), d_filters.mutable_data(), d_image.mutable_data(), c.images, c.side, c.side,
      c.bands,        c.bands,      c.kernel};
  for (auto _ : state) premix::predictive_filter_backward(Cpu{}, args);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * filters.bytes() + 3 * image.bytes()));
}

void cases(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"N", "side", "B", "K"})->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const int bands : {1, 3, 4, 8})
    for (const int kernel : {1, 3, 5, 7, 9}) benchmark->Args({1, 256, bands, kernel});
}

BENCHMARK(predictive_filter_forward<float>)->Apply(cases);
BENCHMARK(predictive_filter_forward<double>)->Apply(cases);
BENCHMARK(predictive_filter_backward<float>)->Apply(cases);
BENCHMARK(predictive_filter_backward<double>)->Apply(cases);

}  // namespace
