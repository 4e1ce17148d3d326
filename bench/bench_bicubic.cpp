// Bicubic resizing by a factor of four. bytes/s counts both images once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/image/bicubic.hpp"

namespace {

using namespace premix;

enum class Input { small, large };

// Measures run(x), where x is the small image (side x side pixels) or the large one (four times the side).
template <Real T, class Run>
void measure(benchmark::State& state, Device where, Input input, Run run) {
  const Shape small{1, state.range(0), state.range(0), state.range(1)}, large{1, 4 * small.h, 4 * small.w, small.c};
  const Shape from = input == Input::small ? small : large, to = input == Input::small ? large : small;
  const std::size_t sets = bench::input_sets(state, where, bench::bytes_of<T>(from), bench::bytes_of<T>(to));
  if (sets == 0) return;
  const auto x = bench::random_sets<T>(sets, from, 0, 1, 1, where);
  bench::measure(state, where, {.bytes = bench::bytes_of<T>(from) + bench::bytes_of<T>(to)}, sets,
                 [&](auto, std::size_t i) { benchmark::DoNotOptimize(run(x[i]).data()); });
}

template <Real T>
void enlarge(benchmark::State& state, Device where) {
  measure<T>(state, where, Input::small,
             [](const Tensor<T>& x) { return bicubic_resize(x, 4 * x.shape().h, 4 * x.shape().w); });
}

template <Real T>
void downscale(benchmark::State& state, Device where) {
  measure<T>(state, where, Input::large, [](const Tensor<T>& x) { return bicubic_downscale(x, 4); });
}

void add(const std::string& name, Device where, void (*fn)(benchmark::State&, Device)) {
  bench::add(name, where, fn).arg_names({"small_side", "channels"}).args({256, 1}).args({256, 4}).args({512, 4});
}

const bool added = bench::on_each_device([](Device where) {
  add("bicubic_enlarge/float", where, enlarge<float>);
  add("bicubic_enlarge/double", where, enlarge<double>);
  add("bicubic_downscale/float", where, downscale<float>);
});

}  // namespace
