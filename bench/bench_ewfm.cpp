// EWFM from logits: activation, mask and mixing. bytes/s counts every tensor once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/ewfm.hpp"
#include "premix/nn/config.hpp"

namespace {

using namespace premix;

constexpr std::int64_t channels = 32;

// Logits that cover all pieces of the activations.
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

struct Passes {
  bool forward = false, backward = false;
};

// Outputs of forward and backward, and beta.
template <Real T>
struct Outputs {
  Tensor<T> beta, mixed_ms, mixed_pan, d_ms, d_pan, d_logits, d_beta;

  Outputs(Shape shape, Device where, Passes passes) : beta(Tensor<T>::full({1, 1, 1, 1}, T(0.5), where)) {
    if (passes.forward) {
      mixed_ms = Tensor<T>(shape, where);
      mixed_pan = Tensor<T>(shape, where);
    }
    if (!passes.backward) return;
    d_ms = Tensor<T>(shape, where);
    d_pan = Tensor<T>(shape, where);
    d_logits = Tensor<T>(shape, where);
    d_beta = Tensor<T>({1, 1, 1, 1}, where);
  }
};

template <Real T>
EwfmArgs<T> forward_args(const ForwardInputs<T>& in, Outputs<T>& out, Activation activation, MaskKind kind) {
  return {in.ms.data(),
          in.pan.data(),
          in.logits.data(),
          out.beta.data(),
          out.mixed_ms.mutable_data(),
          out.mixed_pan.mutable_data(),
          in.ms.size(),
          activation,
          kind,
          T(0)};
}

template <Real T>
EwfmBackwardArgs<T> backward_args(const BackwardInputs<T>& in, Outputs<T>& out, Activation activation, MaskKind kind) {
  return {in.ms.data(),
          in.pan.data(),
          in.logits.data(),
          out.beta.data(),
          in.d_mixed_ms.data(),
          in.d_mixed_pan.data(),
          out.d_ms.mutable_data(),
          out.d_pan.mutable_data(),
          out.d_logits.mutable_data(),
          out.d_beta.mutable_data(),
          in.ms.size(),
          activation,
          kind,
          T(0)};
}

Shape shape_of(const benchmark::State& state) { return {1, state.range(0), state.range(0), channels}; }

template <Real T>
void forward(benchmark::State& state, Device where, Activation activation, MaskKind kind) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, 3 * tensor, 2 * tensor);
  if (sets == 0) return;
  const auto in = sets_of<ForwardInputs<T>>(sets, shape, where);
  Outputs<T> out(shape, where, {.forward = true});
  bench::measure(state, where, {.bytes = 5 * tensor}, sets,
                 [&](auto device, std::size_t i) { ewfm_forward(device, forward_args(in[i], out, activation, kind)); });
}

template <Real T>
void backward(benchmark::State& state, Device where, Activation activation, MaskKind kind) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, 5 * tensor, 3 * tensor);
  if (sets == 0) return;
  const auto in = sets_of<BackwardInputs<T>>(sets, shape, where);
  Outputs<T> out(shape, where, {.backward = true});
  bench::measure(state, where, {.bytes = 8 * tensor}, sets, [&](auto device, std::size_t i) {
    ewfm_backward(device, backward_args(in[i], out, activation, kind));
  });
}

template <Real T>
void forward_backward(benchmark::State& state, Device where, Activation activation, MaskKind kind) {
  const Shape shape = shape_of(state);
  const std::int64_t tensor = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, 5 * tensor, 5 * tensor);
  if (sets == 0) return;
  const auto in = sets_of<BackwardInputs<T>>(sets, shape, where);
  Outputs<T> out(shape, where, {.forward = true, .backward = true});
  bench::measure(state, where, {.bytes = 13 * tensor}, sets, [&](auto device, std::size_t i) {
    ewfm_forward(device, forward_args<T>(in[i], out, activation, kind));
    ewfm_backward(device, backward_args(in[i], out, activation, kind));
  });
}

using Run = void (*)(benchmark::State&, Device, Activation, MaskKind);

struct Sizes {
  bool scene = false;
};

// All activations at one size, and the default one also at the size of a scene.
void add(const std::string& name, Device where, Run run, Sizes sizes) {
  for (const auto activation : {Activation::sigmoid, Activation::tanh_relu, Activation::tanh_elu,
                                Activation::softsign_elu, Activation::softsign_relu})
    for (const auto kind : {MaskKind::soft, MaskKind::trainable}) {
      const std::string mask =
          std::string(activation_name(activation)) + (kind == MaskKind::soft ? "/soft" : "/trainable");
      auto added =
          bench::add(name + '/' + mask, where, [=](auto& state, Device there) { run(state, there, activation, kind); });
      added.arg_names({"side"}).args({1024});
      if (sizes.scene && activation == Activation::tanh_relu && kind == MaskKind::soft)
        added.args({where == cpu() ? 2048 : 4096});
    }
}

const bool added = bench::on_each_device([](Device where) {
  add("ewfm_forward/float", where, forward<float>, {.scene = true});
  add("ewfm_forward/double", where, forward<double>, {});
  add("ewfm_backward/float", where, backward<float>, {.scene = true});
  add("ewfm_backward/double", where, backward<double>, {});
  add("ewfm_forward_backward/float", where, forward_backward<float>, {.scene = true});
});

}  // namespace
