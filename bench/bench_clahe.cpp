// Contrast equalisation: computation and application of the tables. bytes/s counts two reads of the image and one
// write.

#include "images.hpp"
#include "measure.hpp"
#include "premix/image/clahe.hpp"

namespace {

using namespace premix;

template <Real T>
void run(benchmark::State& state, Device where) {
  const Shape shape{1, state.range(0), state.range(0), state.range(1)};
  const std::int64_t image = bench::bytes_of<T>(shape);
  const std::size_t sets = bench::input_sets(state, where, image, image);
  if (sets == 0) return;
  const auto x = bench::random_sets<T>(sets, shape, 0, 1, 1, where);
  bench::measure(state, where, {.bytes = 3 * image}, sets,
                 [&](auto, std::size_t i) { benchmark::DoNotOptimize(clahe(x[i]).data()); });
}

void add(const std::string& name, Device where, void (*fn)(benchmark::State&, Device)) {
  bench::add(name, where, fn)
      .arg_names({"side", "channels"})
      .args({256, 4})
      .args({1024, 1})
      .args({1024, 4})
      .args({1024, 5});
}

const bool added = bench::on_each_device([](Device where) {
  add("clahe/float", where, run<float>);
  add("clahe/double", where, run<double>);
});

}  // namespace
