// The bfloat16 GPU kernels of inference, each on both streams of a map with 32 features. docs/ops/inference_gpu.md
// describes them and the bytes they move.

#include "images.hpp"
#include "kernels/inference.hpp"
#include "kernels/inference_weights.hpp"
#include "measure.hpp"

namespace {

using namespace premix;
using namespace premix::kernels;
using bench::Numbers;

constexpr std::int64_t features = 32;

struct Map {
  MapSizes sizes;
  Device where;

  Map(const benchmark::State& state, Device device) : sizes{1, state.range(0), state.range(0)}, where(device) {}
  std::int64_t pixels() const { return sizes.images * sizes.height * sizes.width; }
  Shape shape(std::int64_t channels, std::int64_t ratio = 1) const {
    return {1, sizes.height * ratio, sizes.width * ratio, channels};
  }

  Tensor<float> image(std::int64_t channels, std::size_t seed) const {
    return bench::random_between<float>(shape(channels), -1, 1, seed, where);
  }
  Tensor<bf16_t> filled(std::size_t seed) const {
    const Tensor<float> wide = image(features, seed);
    Tensor<bf16_t> narrow(wide.shape(), where);
    on_device(where, [&](auto device) {
      convert(device, ConvertArgs<float, bf16_t>{wide.data(), narrow.mutable_data(), wide.size()});
    });
    return narrow;
  }
  Tensor<bf16_t> empty(std::int64_t ratio = 1) const { return Tensor<bf16_t>(shape(features, ratio), where); }
};

// Values of a weight or a bias.
Tensor<float> numbers(std::int64_t count, std::size_t seed, Device where) {
  return bench::random_between<float>({1, 1, 1, count}, -0.1, 0.1, seed, where);
}

Tensor<bf16_t> on(const std::vector<bf16_t>& packed, Device where) {
  return Tensor<bf16_t>::from({1, 1, 1, static_cast<std::int64_t>(packed.size())}, packed, where);
}

Tensor<bf16_t> conv_weight(Device where) {
  return on(pack_conv(numbers(9 * features * features, 90, cpu()).data(), features, features), where);
}

// bytes and flops are per pixel of the map.
template <class Run>
void measure(benchmark::State& state, const Map& map, std::int64_t bytes, std::int64_t flops, Numbers in,
             const Run& run) {
  const bench::Work work{.bytes = bytes * map.pixels(), .flops = flops * map.pixels(), .numbers = in};
  bench::measure(state, map.where, work, 1, [&]<class D>(D device, std::size_t) {
    if constexpr (std::is_same_v<D, Cuda>) run(device);
  });
}

void image_conv_stage(benchmark::State& state, Device where) {
  const Map map(state, where);
  const std::int64_t bands = state.range(1);
  const auto ms = map.image(bands, 1), pan = map.image(1, 2), bias = numbers(features, 3, where);
  const auto ms_weight = numbers(9 * bands * features, 4, where), pan_weight = numbers(9 * features, 5, where);
  auto y_ms = map.empty(), y_pan = map.empty();
  const ImageConvArgs args{.streams = {{ms.data(), bands, ms_weight.data(), bias.data(), y_ms.mutable_data()},
                                       {pan.data(), 1, pan_weight.data(), bias.data(), y_pan.mutable_data()}},
                           .sizes = map.sizes,
                           .features = features};
  measure(state, map, 4 * (bands + 1 + features), 18 * features * (bands + 1), Numbers::f32,
          [&](Cuda device) { image_conv(device, args); });
}

// state.range(1) is 1 for the second convolution of a residual block, which adds the block's input, else 0.
void conv_stage(benchmark::State& state, Device where) {
  const Map map(state, where);
  const bool adds = state.range(1) == 1;
  const auto ms = map.filled(1), pan = map.filled(2), add = map.filled(3), weight = conv_weight(where);
  auto y_ms = map.empty(), y_pan = map.empty();
  const auto stream = [&](const Tensor<bf16_t>& x, Tensor<bf16_t>& y) {
    return FeatureConv{
        .x = x.data(), .weight = weight.data(), .add = adds ? add.data() : nullptr, .y = y.mutable_data()};
  };
  const FeatureConvArgs args{.streams = {stream(ms, y_ms), stream(pan, y_pan)},
                             .sizes = map.sizes,
                             .channels = features,
                             .features = features,
                             .relu = !adds};
  measure(state, map, (adds ? 12 : 8) * features, 36 * features * features, Numbers::bf16,
          [&](Cuda device) { feature_conv(device, args); });
}

void mix_stage(benchmark::State& state, Device where) {
  const Map map(state, where);
  const auto x = map.filled(1), weight = conv_weight(where);
  auto ms = map.filled(2), pan = map.filled(3);
  const FeatureMixArgs args{.x = x.data(),
                            .weight = weight.data(),
                            .ms = ms.mutable_data(),
                            .pan = pan.mutable_data(),
                            .sizes = map.sizes,
                            .channels = features,
                            .features = features};
  measure(state, map, 10 * features, 18 * features * features, Numbers::bf16,
          [&](Cuda device) { feature_mix(device, args); });
}

void doubling_stage(benchmark::State& state, Device where) {
  const Map map(state, where);
  const auto ms = map.filled(1), pan = map.filled(2);
  const auto bias = numbers(features, 3, where);
  const auto weight = on(pack_doubling(numbers(9 * features * features, 4, cpu()).data(), features), where);
  auto y_ms = map.empty(2), y_pan = map.empty(2);
  const FeatureDoublingArgs args{.streams = {{ms.data(), weight.data(), bias.data(), y_ms.mutable_data()},
                                             {pan.data(), weight.data(), bias.data(), y_pan.mutable_data()}},
                                 .sizes = map.sizes,
                                 .features = features};
  measure(state, map, 20 * features, 36 * features * features, Numbers::bf16,
          [&](Cuda device) { feature_doubling(device, args); });
}

void filter_stage(benchmark::State& state, Device where) {
  const Map map(state, where);
  const std::int64_t bands = state.range(1);
  const auto ms = map.filled(1), pan = map.filled(2);
  const auto ms_image = map.image(bands, 3), pan_image = map.image(1, 4);
  const auto weight = on(pack_filter(numbers(81 * bands * features, 5, cpu()).data(), bands, features), where);
  const auto packed_bias = pack_filter_bias(numbers(9 * bands, 6, cpu()).data(), bands);
  const auto bias = Tensor<float>::from({1, 1, 1, static_cast<std::int64_t>(packed_bias.size())}, packed_bias, where);
  Tensor<float> y(map.shape(bands), where);
  const FeatureFilterArgs args{.ms = {ms.data(), weight.data(), bias.data(), ms_image.data()},
                               .pan = {pan.data(), weight.data(), bias.data(), pan_image.data()},
                               .y = y.mutable_data(),
                               .sizes = map.sizes,
                               .channels = features,
                               .bands = bands};
  measure(state, map, 4 * features + 8 * bands + 4, 324 * features * bands, Numbers::bf16,
          [&](Cuda device) { feature_filter(device, args); });
}

const bool added = bench::on_each_device([](Device where) {
  if (where == cpu()) return;  // PreMixInference uses other kernels on a CPU; bench_premix measures them
  bench::add("image_conv", where, image_conv_stage).arg_names({"side", "B"}).args({1024, 4}).args({1024, 8});
  bench::add("feature_conv", where, conv_stage)
      .arg_names({"side", "residual"})
      .args({1024, 0})
      .args({1024, 1})
      .args({256, 0});
  bench::add("feature_mix", where, mix_stage).arg_names({"side"}).args({1024});
  bench::add("feature_doubling", where, doubling_stage).arg_names({"side"}).args({512});
  bench::add("feature_filter", where, filter_stage).arg_names({"side", "B"}).args({1024, 4}).args({1024, 8});
});

}  // namespace
