#include "cuda/on_device.hpp"
#include "kernels/inference.hpp"
#include "kernels/inference_weights.hpp"
#include "premix/ops/conv2d.hpp"
#include "premix/ops/conv_transpose2d.hpp"
#include "premix/ops/convert.hpp"
#include "premix/ops/ewfm.hpp"
#include "premix/ops/predictive_filter.hpp"
#include "premix/ops/resize_nearest.hpp"

// Compares each kernel of the network in bfloat16 with float operations on the CPU, on inputs exact in bfloat16. The
// results differ by the order of sums and the rounding of the result.

namespace premix {
namespace {

using namespace kernels;

using testing::gpu;

using Image = Tensor<float>;

// Values rounded to bfloat16, stored as float.
Image rounded(const Image& x) { return convert<float>(convert<bf16_t>(x)); }
Image features(Shape shape, std::uint32_t seed, double size = 1) {
  return rounded(testing::uniform_image<float>(shape, -size, size, seed));
}

Tensor<bf16_t> narrow_there(const Image& x) { return convert<bf16_t>(x).to(gpu()); }
template <class T>
Tensor<T> there(const std::vector<T>& numbers) {
  return Tensor<T>::from({1, 1, 1, static_cast<std::int64_t>(numbers.size())}, numbers, gpu());
}
Image back(const Tensor<bf16_t>& x) { return convert<float>(x.to(cpu())); }

template <class Fn>
void on_gpu(const Fn& fn) {
  on_device(gpu(), [&]<class D>(D device) {
    if constexpr (std::is_same_v<D, Cuda>) fn(device);
  });
}

// Returns the largest difference in units of the permitted error: half a step of bfloat16, plus the rounding of sums of
// some hundred terms below 1.
double worst_step(const Image& narrow, const Image& exact) {
  if (narrow.shape() != exact.shape()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::int64_t i = 0; i < exact.size(); ++i) {
    const double e = exact.data()[i], step = std::abs(e) / 256 + 1e-5;
    const double steps = std::abs(narrow.data()[i] - e) / step;
    if (!(steps <= worst)) worst = std::isnan(steps) ? std::numeric_limits<double>::infinity() : steps;
  }
  return worst;
}

Image value(const Variable<float>& v) { return v.value(); }
Variable<float> variable(const Image& x) { return x.empty() ? Variable<float>() : Variable<float>(x); }
Image relu_of_all(const Image& x) {
  return testing::image_of<float>(x.shape(), [&](auto... at) { return std::max(x(at...), 0.0f); });
}
Image sum(const Image& a, const Image& b) {
  return testing::image_of<float>(a.shape(), [&](auto... at) { return a(at...) + b(at...); });
}
Image conv(const Image& x, const Image& weight, const Image& bias = {}) {
  return value(conv2d(variable(x), variable(weight), variable(bias)));
}
Image sampled(const Image& x, std::int64_t ratio) { return value(nearest_downscale(variable(x), ratio)); }

MapSizes sizes(Shape s) { return {s.n, s.h, s.w}; }

// Maps inside a square, of several squares each way, and of whole squares. All numbers of tiles, chunks and groups.
struct Case {
  Shape x;
  std::int64_t features;
};
const Case cases[] = {
    {{1, 3, 5, 16}, 16}, {{2, 19, 33, 16}, 32}, {{1, 17, 16, 32}, 32}, {{1, 16, 18, 48}, 48}, {{1, 5, 7, 64}, 64}};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << "x " << c.x << " to " << c.features; }

}  // namespace

TEST_CASE("feature_conv matches a convolution", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  const bool relu = GENERATE(false, true);
  CAPTURE(c, relu);
  const Shape y = c.x.with_channels(c.features), w{c.features, 3, 3, c.x.c};
  const Image x[] = {features(c.x, 1), features(c.x, 2)}, weight[] = {features(w, 3, 0.2), features(w, 4, 0.2)};
  const Image bias = testing::uniform_image<float>({1, 1, 1, c.features}, -1, 1, 5), add = features(y, 6);
  const Image last = features({y.n, 2 * y.h, 2 * y.w, y.c}, 7);

  const Tensor<bf16_t> x_there[] = {narrow_there(x[0]), narrow_there(x[1])};
  const Tensor<bf16_t> weight_there[] = {there(pack_conv(weight[0].data(), w.n, w.c)),
                                         there(pack_conv(weight[1].data(), w.n, w.c))};
  const auto bias_there = bias.to(gpu());
  const auto add_there = narrow_there(add), last_there = narrow_there(last);
  Tensor<bf16_t> y_there[] = {Tensor<bf16_t>(y, gpu()), Tensor<bf16_t>(y, gpu())};
  on_gpu([&](Cuda device) {
    feature_conv(device, {.streams = {{.x = x_there[0].data(),
                                       .weight = weight_there[0].data(),
                                       .bias = bias_there.data(),
                                       .last = {last_there.data(), 2},
                                       .y = y_there[0].mutable_data()},
                                      {.x = x_there[1].data(),
                                       .weight = weight_there[1].data(),
                                       .add = add_there.data(),
                                       .y = y_there[1].mutable_data()}},
                          .sizes = sizes(y),
                          .channels = c.x.c,
                          .features = c.features,
                          .relu = relu});
  });
  Image expected[] = {sum(conv(x[0], weight[0], bias), sampled(last, 2)), sum(conv(x[1], weight[1]), add)};
  for (int i = 0; i < 2; ++i) {
    CAPTURE(i);
    CHECK(worst_step(back(y_there[i]), relu ? relu_of_all(expected[i]) : expected[i]) <= 1);
  }
}

TEST_CASE("feature_conv of a sum rounds the sum to bfloat16", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const Shape x{1, 18, 9, 32}, w{32, 3, 3, 32};
  const Image a = features(x, 1), b = features(x, 2), weight = features(w, 3, 0.2);
  const auto a_there = narrow_there(a), b_there = narrow_there(b),
             weight_there = there(pack_conv(weight.data(), 32, 32));
  Tensor<bf16_t> y(x, gpu());
  on_gpu([&](Cuda device) {
    feature_conv(device, {.streams = {{.x = a_there.data(),
                                       .x_add = b_there.data(),
                                       .weight = weight_there.data(),
                                       .y = y.mutable_data()}},
                          .stream_count = 1,
                          .sizes = sizes(x),
                          .channels = 32,
                          .features = 32});
  });
  CHECK(worst_step(back(y), conv(rounded(sum(a, b)), weight)) <= 1);
}

TEST_CASE("feature_mix mixes features by the mask of a convolution", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const Case c = GENERATE(Case{{2, 6, 19, 16}, 16}, Case{{1, 18, 5, 32}, 32});
  const auto activation = GENERATE(Activation::sigmoid, Activation::tanh_relu, Activation::tanh_elu,
                                   Activation::softsign_elu, Activation::softsign_relu);
  const auto kind = GENERATE(MaskKind::soft, MaskKind::trainable, MaskKind::hard);
  if (c.features == 32 && activation != Activation::tanh_elu) return;
  CAPTURE(c, static_cast<int>(activation), static_cast<int>(kind));
  const bool with_last = c.features == 32;
  const Shape y = c.x.with_channels(c.features), w{c.features, 3, 3, c.x.c};
  // Logits from below 0 to above 6, the bounds of relu6.
  const Image x = features(c.x, 1, 2), weight = features(w, 2, 0.5), ms = features(y, 3), pan = features(y, 4);
  const Image last = features({y.n, 4 * y.h, 4 * y.w, y.c}, 5);
  const float beta = 0.4f;

  const auto x_there = narrow_there(x), last_there = narrow_there(last),
             weight_there = there(pack_conv(weight.data(), w.n, w.c));
  auto ms_there = narrow_there(ms), pan_there = narrow_there(pan);
  on_gpu([&](Cuda device) {
    feature_mix(device, {.x = x_there.data(),
                         .weight = weight_there.data(),
                         .ms = ms_there.mutable_data(),
                         .pan = pan_there.mutable_data(),
                         .last_ms = {with_last ? last_there.data() : nullptr, 4},
                         .last_pan = {with_last ? last_there.data() : nullptr, 4},
                         .sizes = sizes(y),
                         .channels = c.x.c,
                         .features = c.features,
                         .activation = activation,
                         .kind = kind,
                         .beta = beta});
  });
  const Image logits = sum(conv(x, weight), sum(ms, pan));
  const Variable<float> trained =
      kind == MaskKind::trainable ? variable(Image::full({1, 1, 1, 1}, beta)) : Variable<float>();
  const auto mixed = ewfm(variable(ms), variable(pan), variable(logits), Mask{activation, kind, beta}, trained);
  const auto check = [&](const Tensor<bf16_t>& result, const Image& exact) {
    const Image expected = with_last ? sum(exact, sampled(last, 4)) : exact;
    CHECK(worst_step(back(result), expected) <= 1);
  };
  check(ms_there, value(mixed.ms));
  check(pan_there, value(mixed.pan));
}

TEST_CASE("feature_doubling matches a transposed convolution", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const Shape x = GENERATE(Shape{2, 3, 5, 16}, Shape{1, 17, 18, 32}, Shape{1, 4, 16, 64});
  CAPTURE(x);
  const Shape w{x.c, 3, 3, x.c}, y{x.n, 2 * x.h, 2 * x.w, x.c};
  const Image from[] = {features(x, 1), features(x, 2)}, weight[] = {features(w, 3, 0.2), features(w, 4, 0.2)};
  const Image bias = testing::uniform_image<float>({1, 1, 1, x.c}, -1, 1, 5);
  const Tensor<bf16_t> from_there[] = {narrow_there(from[0]), narrow_there(from[1])};
  const Tensor<bf16_t> weight_there[] = {there(pack_doubling(weight[0].data(), x.c)),
                                         there(pack_doubling(weight[1].data(), x.c))};
  const auto bias_there = bias.to(gpu());
  Tensor<bf16_t> y_there[] = {Tensor<bf16_t>(y, gpu()), Tensor<bf16_t>(y, gpu())};
  on_gpu([&](Cuda device) {
    const auto stream = [&](int i) {
      return FeatureDoubling{from_there[i].data(), weight_there[i].data(), bias_there.data(),
                             y_there[i].mutable_data()};
    };
    feature_doubling(device, {.streams = {stream(0), stream(1)}, .sizes = sizes(x), .features = x.c});
  });
  for (int i = 0; i < 2; ++i)
    CHECK(worst_step(back(y_there[i]),
                     value(conv_transpose2d(variable(from[i]), variable(weight[i]), variable(bias)))) <= 1);
}

TEST_CASE("image_conv computes features of every ratio-th pixel", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const std::int64_t bands = GENERATE(1, 3, 4, 8), ratio = GENERATE(1, 2, 4);
  CAPTURE(bands, ratio);
  const Shape y{2, 3, 7, 16}, image{2, 3 * ratio, 7 * ratio, bands};
  const Image ms = testing::uniform_image<float>(image, -1, 1, 1),
              pan = testing::uniform_image<float>(image.with_channels(1), -1, 1, 2);
  const Image weight[] = {testing::uniform_image<float>({y.c, 3, 3, bands}, -1, 1, 3),
                          testing::uniform_image<float>({y.c, 3, 3, 1}, -1, 1, 4)};
  const Image bias = testing::uniform_image<float>({1, 1, 1, y.c}, -1, 1, 5);
  // From (O, 3, 3, B) to (3, 3, B, O).
  const auto turned = [&](const Image& w) {
    return testing::image_of<float>({3, 3, w.shape().c, y.c},
                                    [&](auto dy, auto dx, auto b, auto o) { return w(o, dy, dx, b); })
        .to(gpu());
  };
  const Image weight_there[] = {turned(weight[0]), turned(weight[1])};
  const Image ms_there = ms.to(gpu()), pan_there = pan.to(gpu()), bias_there = bias.to(gpu());
  Tensor<bf16_t> y_there[] = {Tensor<bf16_t>(y, gpu()), Tensor<bf16_t>(y, gpu())};
  on_gpu([&](Cuda device) {
    image_conv(
        device,
        {.streams = {{ms_there.data(), bands, weight_there[0].data(), bias_there.data(), y_there[0].mutable_data()},
                     {pan_there.data(), 1, weight_there[1].data(), bias_there.data(), y_there[1].mutable_data()}},
         .sizes = sizes(y),
         .ratio = ratio,
         .features = y.c});
  });
  CHECK(worst_step(back(y_there[0]), relu_of_all(conv(sampled(ms, ratio), weight[0], bias))) <= 1);
  CHECK(worst_step(back(y_there[1]), relu_of_all(conv(sampled(pan, ratio), weight[1], bias))) <= 1);
}

TEST_CASE("feature_filter matches predictive filtering with stored filters", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const std::int64_t bands = GENERATE(1, 2, 3, 4, 5, 8);
  const Shape x = GENERATE(Shape{1, 2, 2, 16}, Shape{2, 18, 19, 16}, Shape{1, 16, 7, 32});
  const bool with_add = x.n == 2;
  CAPTURE(bands, x);
  const Shape image = x.with_channels(bands), w{9 * bands, 3, 3, x.c};
  const Image from[] = {features(x, 1), features(x, 2)}, weight[] = {features(w, 3, 0.2), features(w, 4, 0.2)};
  const Image bias[] = {testing::uniform_image<float>({1, 1, 1, w.n}, -1, 1, 5),
                        testing::uniform_image<float>({1, 1, 1, w.n}, -1, 1, 6)};
  const Image ms = testing::uniform_image<float>(image, 0, 1, 7),
              pan = testing::uniform_image<float>(image.with_channels(1), 0, 1, 8);
  const Image add = testing::uniform_image<float>(image, 0, 1, 9);

  const Tensor<bf16_t> from_there[] = {narrow_there(from[0]), narrow_there(from[1])};
  const Tensor<bf16_t> weight_there[] = {there(pack_filter(weight[0].data(), bands, x.c)),
                                         there(pack_filter(weight[1].data(), bands, x.c))};
  const Image bias_there[] = {there(pack_filter_bias(bias[0].data(), bands)),
                              there(pack_filter_bias(bias[1].data(), bands))};
  const Image ms_there = ms.to(gpu()), pan_there = pan.to(gpu()), add_there = add.to(gpu());
  Image y(image, gpu());
  on_gpu([&](Cuda device) {
    feature_filter(device,
                   {.ms = {from_there[0].data(), weight_there[0].data(), bias_there[0].data(), ms_there.data()},
                    .pan = {from_there[1].data(), weight_there[1].data(), bias_there[1].data(), pan_there.data()},
                    .add = with_add ? add_there.data() : nullptr,
                    .y = y.mutable_data(),
                    .sizes = sizes(x),
                    .channels = x.c,
                    .bands = bands});
  });
  const auto filters = [&](int i) { return variable(conv(from[i], weight[i], bias[i])); };
  const Image filtered =
      value(predictive_filter_sum<float>({filters(0), variable(ms)}, {filters(1), variable(pan)}, 3));
  CHECK(testing::parity(y, with_add ? sum(filtered, add) : filtered) < 2e-6);
}

TEST_CASE("the inference kernels are deterministic on a GPU", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const Shape x{1, 20, 20, 16};
  const auto from = narrow_there(features(x, 1)), weight = there(pack_conv(features({16, 3, 3, 16}, 2).data(), 16, 16));
  const auto run = [&] {
    Tensor<bf16_t> y(x, gpu());
    on_gpu([&](Cuda device) {
      feature_conv(device, {.streams = {{.x = from.data(), .weight = weight.data(), .y = y.mutable_data()}},
                            .stream_count = 1,
                            .sizes = sizes(x),
                            .channels = 16,
                            .features = 16});
    });
    return back(y);
  };
  CHECK(testing::same_bits(run(), run()));
}

}  // namespace premix
