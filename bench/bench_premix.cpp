// The network as a whole, 4 bands, 32 features, one layer: inference and training steps.

#include <benchmark/benchmark.h>

#include "images.hpp"
#include "premix/nn/premix.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"

namespace {

using namespace premix;

void premix_forward(benchmark::State& state) {
  const PreMix<float> model({.bands = 4});
  const Shape shape{1, state.range(0), state.range(0), 4};
  const auto up_ms = bench::random_image<float>(shape, 1), pan = bench::random_image<float>(shape.with_channels(1), 2);
  const NoGrad no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(model(up_ms, pan).value().data());
  state.SetItemsProcessed(state.iterations() * shape.pixels());
}

void premix_training_step(benchmark::State& state) {
  PreMix<float> model({.bands = 4});
  Adam<float> adam(parameters(model));
  const Shape shape{state.range(0), state.range(1), state.range(1), 4};
  const auto up_ms = bench::random_image<float>(shape, 1), pan = bench::random_image<float>(shape.with_channels(1), 2);
  const auto truth = bench::random_image<float>(shape, 3);
  for (auto _ : state) {
    const auto loss = l1_loss(model(up_ms, pan), truth);
    adam.zero_grad();
    loss.backward();
    adam.step();
  }
  state.SetItemsProcessed(state.iterations() * shape.pixels());
}

BENCHMARK(premix_forward)->ArgName("side")->Arg(256)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(premix_training_step)->ArgNames({"N", "side"})->Args({4, 128})->Args({16, 64})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
