// Mixing with its activation and mask, logits given: bytes/s counts every tensor once.

#include <benchmark/benchmark.h>

#include "images.hpp"
#include "premix/kernels/ewfm.hpp"

namespace {

using namespace premix;

template <Activation activation>
void ewfm_forward(benchmark::State& state) {
  const Shape shape{1, state.range(0), state.range(0), 32};
  const auto ms = bench::random_image<float>(shape, 1), pan = bench::random_image<float>(shape, 2),
             logits = bench::random_image<float>(shape, 3);
  Tensor<float> mixed_ms(shape), mixed_pan(shape);
  const EwfmArgs<float> args{ms.data(),    pan.data(), logits.data(),  nullptr, mixed_ms.mutable_data(), mixed_pan.mutable_data(),
                             shape.size(), activation, MaskKind::soft, 0};
  for (auto _ : state) premix::ewfm_forward(Cpu{}, args);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(5 * ms.bytes()));
}

template <Activation activation>
void ewfm_backward(benchmark::State& state) {
  const Shape shape{1, state.range(0), state.range(0), 32};
  const auto ms = bench::random_image<float>(shape, 1), pan = bench::random_image<float>(shape, 2),
             logits = bench::random_image<float>(shape, 3);
  const auto d_ms = bench::random_image<float>(shape, 4), d_pan = bench::random_image<float>(shape, 5);
  Tensor<float> result_ms(shape), result_pan(shape), result_logits(shape);
  EwfmBackwardArgs<float> args{};
  args.ms = ms.data(), args.pan = pan.data(), args.logits = logits.data();
  args.d_mixed_ms = d_ms.data(), args.d_mixed_pan = d_pan.data();
  args.d_ms = result_ms.mutable_data(), args.d_pan = result_pan.mutable_data(), args.d_logits = result_logits.mutable_data();
  args.count = shape.size(), args.activation = activation, args.kind = MaskKind::soft;
  for (auto _ : state) premix::ewfm_backward(Cpu{}, args);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(8 * ms.bytes()));
}

BENCHMARK(ewfm_forward<Activation::sigmoid>)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ewfm_forward<Activation::tanh_relu>)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ewfm_backward<Activation::sigmoid>)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ewfm_backward<Activation::tanh_relu>)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
