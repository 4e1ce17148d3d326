// The whole network: inference and training steps with 4 bands, 32 features and one layer. FLOP/s counts direct
// convolutions (network_cost.hpp), regardless of the algorithm.

#include <functional>

#include "images.hpp"
#include "measure.hpp"
#include "memory_peak.hpp"
#include "network_cost.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/nn/premix.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"

namespace {

using namespace premix;

constexpr PreMixConfig config{.bands = 4};

// Returns the fused image of up_ms and pan.
using Fuse = std::function<Tensor<float>(const Tensor<float>& up_ms, const Tensor<float>& pan)>;
using MakeFuse = std::function<Fuse(PreMix<float> model)>;

struct Images {
  Tensor<float> up_ms, pan, truth;

  Images(std::int64_t count, std::int64_t side, Device where)
      : up_ms(bench::random_image<float>({count, side, side, config.bands}, 1).to(where)),
        pan(bench::random_image<float>({count, side, side, 1}, 2).to(where)),
        truth(bench::random_image<float>(up_ms.shape(), 3).to(where)) {}
};

PreMix<float> model_on(Device where) {
  PreMix<float> model(config);
  move_parameters(model, where);
  return model;
}

std::int64_t flops_of(Shape shape) { return 2 * shape.n * bench::network_cost(config, shape.h, shape.w).total(); }

// Peak memory of the process during one CPU call with an empty cache, as in a program that fuses once.
void report_memory_peak(benchmark::State& state, const std::function<void()>& call) {
  release_cached_memory(cpu());
  if (!bench::forget_memory_peak()) return;
  call();
  if (const auto peak = bench::memory_peak())
    state.counters["peak_memory"] = benchmark::Counter(static_cast<double>(*peak));
}

template <Precision precision>
Fuse inference(const PreMix<float>& model) {
  return [network = std::make_shared<PreMixInference>(model, precision)](
             const Tensor<float>& up_ms, const Tensor<float>& pan) { return (*network)(up_ms, pan); };
}

void add_forward(const std::string& name, Device device, const MakeFuse& make,
                 bench::Numbers numbers = bench::Numbers::f32) {
  bench::add("premix_forward/" + name, device,
             [make, numbers](benchmark::State& state, Device where) {
               const Images images(1, state.range(0), where);
               const Fuse fuse = make(model_on(where));
               const auto call = [&] { benchmark::DoNotOptimize(fuse(images.up_ms, images.pan).data()); };
               if (where == cpu()) report_memory_peak(state, call);
               bench::measure(state, where, {.flops = flops_of(images.up_ms.shape()), .numbers = numbers}, 1,
                              [&](auto, std::size_t) { call(); });
             })
      .arg_names({"side"})
      .args({256})
      .args({512})
      .args({1024});
}

// The backward pass computes gradients of features and of weights, each with the FLOPs of the forward pass.
void training_step(benchmark::State& state, Device where) {
  const PreMix<float> model = model_on(where);
  Adam<float> adam(parameters(model));
  const Images images(state.range(0), state.range(1), where);
  bench::measure(state, where, {.flops = 3 * flops_of(images.up_ms.shape())}, 1, [&](auto, std::size_t) {
    const auto loss = l1_loss(model(images.up_ms, images.pan), images.truth);
    adam.zero_grad();
    loss.backward();
    adam.step();
  });
}

const bool added = bench::on_each_device([](Device where) {
  add_forward("module/float", where, [](PreMix<float> model) -> Fuse {
    return [model = std::make_shared<PreMix<float>>(std::move(model))](const Tensor<float>& up_ms,
                                                                       const Tensor<float>& pan) {
      const NoGrad no_grad;
      return (*model)(up_ms, pan).value();
    };
  });
  if (where == cpu()) add_forward("inference/float", where, inference<Precision::float32>);
  if (where != cpu() || bfloat16_available())
    add_forward("inference/bf16", where, inference<Precision::bfloat16>, bench::Numbers::bf16);
  bench::add("premix_training_step/float", where, training_step).arg_names({"N", "side"}).args({4, 128}).args({16, 64});
});

}  // namespace
