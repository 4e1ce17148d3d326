// One step over all parameters of the network (4 bands, 32 features). bytes/s counts the four arrays read and the three
// written.

#include "images.hpp"
#include "measure.hpp"
#include "premix/nn/premix.hpp"
#include "premix/optim/adam.hpp"

namespace {

using namespace premix;

// A network with gradients, and its optimiser.
template <Real T>
struct Training {
  PreMix<T> model;
  Adam<T> adam;

  Training(int layers, Device where)
      : model({.bands = 4, .num_layers = layers}), adam((move_parameters(model, where), parameters(model))) {
    std::size_t seed = 1;
    for (auto& parameter : parameters(model))
      parameter.backward(bench::random_between<T>(parameter.shape(), -1, 1, seed++, where));
  }
};

template <Real T>
void step(benchmark::State& state, Device where) {
  const int layers = static_cast<int>(state.range(0));
  const std::int64_t array = parameter_count(PreMix<T>({.bands = 4, .num_layers = layers})) * std::int64_t{sizeof(T)};
  const std::size_t sets = bench::input_sets(state, where, 4 * array, 0);
  if (sets == 0) return;
  std::vector<Training<T>> trainings;
  for (std::size_t i = 0; i < sets; ++i) trainings.emplace_back(layers, where);
  bench::measure(state, where, {.bytes = 7 * array}, sets, [&](auto, std::size_t i) { trainings[i].adam.step(); });
}

const bool added = bench::on_each_device([](Device where) {
  bench::add("adam/float", where, step<float>).arg_names({"layers"}).args({1}).args({3});
  bench::add("adam/double", where, step<double>).arg_names({"layers"}).args({1});
});

}  // namespace
