// Predictive filtering with given filters. bytes/s counts every filter, image and result once.

#include "images.hpp"
#include "measure.hpp"
#include "premix/kernels/predictive_filter.hpp"

namespace {

using namespace premix;

struct Case {
  Shape image;  // (N, H, W, B)
  int kernel;

  explicit Case(const benchmark::State& state)
      : image{state.range(0), state.range(1), state.range(2), state.range(3)},
        kernel(static_cast<int>(state.range(4))) {}
  Shape filters() const { return image.with_channels(image.c * kernel * kernel); }

  template <class Args>
  void set_sizes(Args& args) const {
    args.images = image.n;
    args.height = image.h;
    args.width = image.w;
    args.bands = image.c;
    args.kernel = kernel;
  }
};

using bench::bytes_of;

template <Real T>
struct Inputs {
  Tensor<T> filters, image;

  Inputs(const Case& c, std::int64_t image_bands, std::size_t seed, Device where)
      : filters(bench::random_between<T>(c.filters(), -1, 1, seed, where)),
        image(bench::random_between<T>(c.image.with_channels(image_bands), -1, 1, seed + 1000, where)) {}
};

template <Real T>
void forward(benchmark::State& state, Device where) {
  const Case c(state);
  const std::int64_t input = bytes_of<T>(c.filters()) + bytes_of<T>(c.image), output = bytes_of<T>(c.image);
  const std::size_t sets = bench::input_sets(state, where, input, output);
  if (sets == 0) return;
  std::vector<Inputs<T>> in;
  for (std::size_t i = 0; i < sets; ++i) in.emplace_back(c, c.image.c, i, where);
  Tensor<T> y(c.image, where);
  bench::measure(state, where, {.bytes = input + output, .read = input}, sets, [&](auto device, std::size_t i) {
    PredictiveFilterArgs<T> args{.source_count = 1, .y = y.mutable_data()};
    args.sources[0] = {in[i].filters.data(), in[i].image.data(), c.image.c};
    c.set_sizes(args);
    predictive_filter_forward(device, args);
  });
}

// As in the network: the multispectral image and the one-band PAN in one launch.
void forward_sum(benchmark::State& state, Device where) {
  const Case c(state);
  const std::int64_t filters = bytes_of<float>(c.filters()), image = bytes_of<float>(c.image);
  const std::int64_t input = 2 * filters + image + image / c.image.c;
  const std::size_t sets = bench::input_sets(state, where, input, image);
  if (sets == 0) return;
  std::vector<Inputs<float>> ms, pan;
  for (std::size_t i = 0; i < sets; ++i) {
    ms.emplace_back(c, c.image.c, i, where);
    pan.emplace_back(c, 1, i + 100, where);
  }
  Tensor<float> y(c.image, where);
  bench::measure(state, where, {.bytes = input + image, .read = input}, sets, [&](auto device, std::size_t i) {
    PredictiveFilterArgs<float> args{.source_count = 2, .y = y.mutable_data()};
    args.sources[0] = {ms[i].filters.data(), ms[i].image.data(), c.image.c};
    args.sources[1] = {pan[i].filters.data(), pan[i].image.data(), 1};
    c.set_sizes(args);
    predictive_filter_forward(device, args);
  });
}

// Inputs and outputs of the backward pass.
template <Real T>
struct Gradients {
  std::vector<Inputs<T>> in;
  std::vector<Tensor<T>> d_y;
  Tensor<T> d_filters, d_image;

  Gradients(const Case& c, std::size_t sets, Device where)
      : d_y(bench::random_sets<T>(sets, c.image, -1, 1, 2000, where)),
        d_filters(c.filters(), where),
        d_image(c.image, where) {
    for (std::size_t i = 0; i < sets; ++i) in.emplace_back(c, c.image.c, i, where);
  }

  PredictiveFilterBackwardArgs<T> args(const Case& c, std::size_t i) {
    PredictiveFilterBackwardArgs<T> args{.source_count = 1, .d_y = d_y[i].data()};
    args.sources[0] = {
        {in[i].filters.data(), in[i].image.data(), c.image.c}, d_filters.mutable_data(), d_image.mutable_data()};
    c.set_sizes(args);
    return args;
  }
};

// Both gradients. Reads filters, image and d_y, writes d_filters and d_image.
template <Real T>
void backward(benchmark::State& state, Device where) {
  const Case c(state);
  const std::int64_t filters = bytes_of<T>(c.filters()), image = bytes_of<T>(c.image);
  const std::size_t sets = bench::input_sets(state, where, filters + 2 * image, filters + image);
  if (sets == 0) return;
  Gradients<T> g(c, sets, where);
  bench::measure(state, where, {.bytes = 2 * filters + 3 * image}, sets,
                 [&](auto device, std::size_t i) { predictive_filter_backward(device, g.args(c, i)); });
}

// Forward and backward in sequence, as in a training step. Counts the bytes of both.
template <Real T>
void forward_backward(benchmark::State& state, Device where) {
  const Case c(state);
  const std::int64_t filters = bytes_of<T>(c.filters()), image = bytes_of<T>(c.image);
  const std::size_t sets = bench::input_sets(state, where, filters + 2 * image, filters + 2 * image);
  if (sets == 0) return;
  Gradients<T> g(c, sets, where);
  Tensor<T> y(c.image, where);
  bench::measure(state, where, {.bytes = 3 * filters + 5 * image}, sets, [&](auto device, std::size_t i) {
    PredictiveFilterArgs<T> args{.source_count = 1, .y = y.mutable_data()};
    args.sources[0] = {g.in[i].filters.data(), g.in[i].image.data(), c.image.c};
    c.set_sizes(args);
    predictive_filter_forward(device, args);
    predictive_filter_backward(device, g.args(c, i));
  });
}

using Run = void (*)(benchmark::State&, Device);

struct Sizes {
  bool all = false, scene = false;
};

// Every K and number of bands at one size, an uneven size, and the size of a scene.
void add(const std::string& name, Device where, Run run, Sizes sizes) {
  auto added = bench::add(name, where, run).arg_names({"N", "H", "W", "B", "K"});
  const std::int64_t side = where == cpu() ? 256 : 1024;
  for (const std::int64_t bands : {1, 3, 4, 8})
    for (const std::int64_t kernel : {1, 3, 5, 7, 9})
      if (sizes.all || (bands >= 4 && kernel >= 3 && kernel <= 7)) added.args({1, side, side, bands, kernel});
  if (sizes.all) added.args({2, 501, 333, 4, 3}).args({2, 501, 333, 3, 5});
  if (!sizes.scene) return;
  const std::int64_t large = where == cpu() ? 2048 : 4096;
  for (const std::int64_t kernel : {3, 5, 7}) {
    added.args({1, large, large, 4, kernel});
    if (where != cpu()) added.args({1, large, large, 8, kernel});
  }
}

const bool added = bench::on_each_device([](Device where) {
  const bool gpu = where != cpu();
  add("predictive_filter_forward/float", where, forward<float>, {.all = true, .scene = true});
  add("predictive_filter_forward/double", where, forward<double>, {.all = !gpu, .scene = gpu});
  add("predictive_filter_sum/float", where, forward_sum, {.scene = true});
  add("predictive_filter_backward/float", where, backward<float>, {.all = true, .scene = true});
  add("predictive_filter_backward/double", where, backward<double>, {.all = !gpu, .scene = gpu});
  add("predictive_filter_forward_backward/float", where, forward_backward<float>, {.all = true, .scene = true});
  add("predictive_filter_forward_backward/double", where, forward_backward<double>, {.all = !gpu, .scene = gpu});
});

}  // namespace
