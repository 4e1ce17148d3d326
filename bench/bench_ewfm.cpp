// Mixing with its activation and mask, logits given: bytes/s counts every tensor once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/ewfm.hpp"
#include "premix/nn/config.hpp"

namespace {

using namespace premix;

constexpr std::int64_t channels = 32;

// Logits from all pieces of the activations.
template <Real T>
Tensor<T> logits_of(Shape shape, std::size_t seed, Device where) {
  return bench::random_between<T>(shape, -4, 8, seed, where);
}

template <Real T>
struct ForwardInputs {
  Tensor<T> ms, pan, logits;

  ForwardInputs(Shape shape, std::size_t set, Device where)
      : ms(bench::random_between<T>(shape, -1, 1, 3 * set, where)),
        pan(bench::random_between<T>(shape, -1, 1, 3 * set + 1, where)),
        logits(logits_of<T>(shape, 3 * set + 2, where)) {}
};

template <Real T>
struct BackwardInputs : ForwardInputs<T> {
  Tensor<T> d_mixed_ms, d_mixed_pan;

  BackwardInputs(Shape shape, std::size_t set, Device where)
      : ForwardInputs<T>(shape, set, where),
        d_mixed_ms(bench::random_between<T>(shape, -1, 1, 1000 + set, where)),
        d_mixed_pan(bench::random_between<T>(shape, -1, 1, 2000 + set, where)) {}
};

template <class Inputs>
std::vector<Inputs> sets_of(std::size_t count, Shape shape, Device where) {
  std::vector<Inputs> sets;
  for (std::size_t i = 0; i < count; ++i) sets.emplace_back(shape, i, where);
  return sets;
}

template <Real T>
void forward(benchmark::State& state, Device where, Activation activation, MaskKind kind) {
  const Shape shape{1, state.range(0), state.range(0), channels};
  const std::int64_t tensor = shape.size() * static_cast<std::int64_t>(sizeof(T));
  const std::size_t sets = bench::input_sets(state, where, 3 * tensor, 2 * tensor);
  if (sets == 0) return;
  const auto in = sets_of<ForwardInputs<T>>(sets, shape, where);
  const auto beta = Tensor<T>::full({1, 1, 1, 1}, T(0.5), where);
  Tensor<T> mixed_ms(shape, where), mixed_pan(shape, where);
  bench::measure(state, where, 5 * tensor, sets, [&](auto device, std::size_t i) {
    ewfm_forward(device, EwfmArgs<T>{in[i].ms.data(), in[i].pan.data(), in[i].logits.data(), beta.data(), mixed_ms.mutable_data(),
                                     mixed_pan.mutable_data(), shape.size(), activation, kind, T(0)});
  });
}

template <Real T>
void backward(benchmark::State& state, Device where, Activation activation, MaskKind kind) {
  const Shape shape{1, state.range(0), state.range(0), channels};
  const std::int64_t tensor = shape.size() * static_cast<std::int64_t>(sizeof(T));
  const std::size_t sets = bench::input_sets(state, where, 5 * tensor, 3 * tensor);
  if (sets == 0) return;
  const auto in = sets_of<BackwardInputs<T>>(sets, shape, where);
  const auto beta = Tensor<T>::full({1, 1, 1, 1}, T(0.5), where);
  Tensor<T> d_ms(shape, where), d_pan(shape, where), d_logits(shape, where), d_beta({1, 1, 1, 1}, where);
  bench::measure(state, where, 8 * tensor, sets, [&](auto device, std::size_t i) {
    ewfm_backward(device, EwfmBackwardArgs<T>{in[i].ms.data(), in[i].pan.data(), in[i].logits.data(), beta.data(), in[i].d_mixed_ms.data(),
                                              in[i].d_mixed_pan.data(), d_ms.mutable_data(), d_pan.mutable_data(), d_logits.mutable_data(),
                                              d_beta.mutable_data(), shape.size(), activation, kind, T(0)});
  });
}

using Run = void (*)(benchmark::State&, Device, Activation, MaskKind);

// All activations at one size; the usual one also at a size that is a GPU's.
void add(const std::string& name, Device where, Run run) {
  for (const auto activation :
       {Activation::sigmoid, Activation::tanh_relu, Activation::tanh_elu, Activation::softsign_elu, Activation::softsign_relu})
    for (const auto kind : {MaskKind::soft, MaskKind::trainable}) {
      const std::string mask = std::string(activation_name(activation)) + (kind == MaskKind::soft ? "/soft" : "/trainable");
      auto* added = bench::add(name + '/' + mask, where, [=](auto& state, Device there) { run(state, there, activation, kind); });
      added->ArgName("side")->Arg(1024);
      if (where != cpu() && activation == Activation::tanh_relu) added->Arg(4096);
    }
}

const bool added = bench::on_each_device([](Device where) {
  add("ewfm_forward/float", where, forward<float>);
  add("ewfm_forward/double", where, forward<double>);
  add("ewfm_backward/float", where, backward<float>);
  add("ewfm_backward/double", where, backward<double>);
});

}  // namespace
