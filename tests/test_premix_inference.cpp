#include <algorithm>

#include "premix/infer/network/premix_inference.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden.hpp"
#include "support/message_of.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

struct Case {
  PreMixConfig config;
  Shape up_ms;
  double scale = 1;  // of the weights; at the initial scale, the early sub-models have little influence
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.config.bands << " bands, " << c.config.embed_dim << " features, " << c.config.num_layers
             << " layers, up_ms " << c.up_ms;
}

// Sizes whose maps end within a tile, fit at once, or need several steps. Every kind of mask and of filter loop.
const Case cases[] = {
    {{.bands = 4}, {1, 12, 16, 4}, 1.5},
    {{.bands = 4}, {2, 100, 68, 4}, 1.5},
    {{.bands = 4, .embed_dim = 64}, {1, 300, 212, 4}},
    {{.bands = 4, .embed_dim = 8, .num_layers = 3, .activation = Activation::sigmoid}, {1, 44, 60, 4}, 1.6},
    {{.bands = 8, .embed_dim = 16, .activation = Activation::tanh_elu, .beta = 2.0}, {1, 36, 52, 8}, 1.6},
    {{.bands = 3, .embed_dim = 24, .num_layers = 2, .mixing = false}, {1, 52, 24, 3}, 1.6},
    {{.bands = 1, .embed_dim = 16, .activation = Activation::softsign_relu}, {1, 28, 40, 1}, 1.6},
    {{.bands = 4, .embed_dim = 16, .kernel_size = 5, .pf_kernel = 5}, {1, 24, 32, 4}},
    {{.bands = 4, .embed_dim = 6}, {1, 24, 32, 4}},
};

PreMix<float> network(const Case& c) {
  PreMix<float> model(c.config);
  for (auto& parameter : parameters(model)) {
    const auto& old = parameter.value();
    parameter.mutable_value() = testing::image_of<float>(
        parameter.shape(), [&](auto... at) { return static_cast<float>(old(at...) * c.scale); });
  }
  return model;
}

Tensor<float> image(Shape shape, std::uint32_t seed) { return testing::uniform_image<float>(shape, 0, 1, seed); }

Tensor<double> widened(const Tensor<float>& x) {
  return testing::image_of<double>(x.shape(), [&](auto... at) { return x(at...); });
}

}  // namespace

TEST_CASE("inference equals the module", "[inference][isa]") {
  const Case c = GENERATE(from_range(std::begin(cases), std::end(cases)));
  CAPTURE(c);
  const auto model = network(c);
  const auto up_ms = image(c.up_ms, 1), pan = image(c.up_ms.with_channels(1), 2);
  const NoGrad no_grad;
  CHECK(golden::relative_difference(PreMixInference(model)(up_ms, pan), widened(model(up_ms, pan).value())) < 1e-5);
}

TEST_CASE("inference with hard masks exchanges the same features as the module", "[inference]") {
  const Case c{{.bands = 4, .embed_dim = 16, .beta = 0.1}, {1, 40, 36, 4}, 1.5};
  const auto model = network(c);
  const auto up_ms = image(c.up_ms, 1), pan = image(c.up_ms.with_channels(1), 2);
  const NoGrad no_grad;
  CHECK(golden::relative_difference(PreMixInference(model)(up_ms, pan), widened(model(up_ms, pan).value())) < 1e-5);
}

TEST_CASE("inference has the same bits for any number of threads, and for an image alone or in a batch",
          "[inference][threads]") {
  const Case c{{.bands = 4, .embed_dim = 16}, {2, 84, 52, 4}};
  const PreMixInference packed(network(c));
  const auto up_ms = image(c.up_ms, 1), pan = image(c.up_ms.with_channels(1), 2);
  const auto run = [&](int count) {
    const testing::Threads scope(count);
    return packed(up_ms, pan);
  };
  const auto one = run(1);
  CHECK(testing::same_bits(one, run(2)));
  CHECK(testing::same_bits(one, run(3)));
  for (const std::int64_t n : {0, 1}) CHECK(testing::same_bits(one.image(n), packed(up_ms.image(n), pan.image(n))));
}

TEST_CASE("inference keeps its own weights and reports its progress", "[inference]") {
  const Case c{{.bands = 4, .embed_dim = 8}, {1, 16, 12, 4}};
  auto model = network(c);
  const PreMixInference packed(model);
  const auto up_ms = image(c.up_ms, 1), pan = image(c.up_ms.with_channels(1), 2);
  const auto before = packed(up_ms, pan);
  for (auto& parameter : parameters(model)) parameter.mutable_value() = Tensor<float>::zeros(parameter.shape());
  std::vector<double> done;
  CHECK(testing::same_bits(before, packed(up_ms, pan, [&](double share) { done.push_back(share); })));
  REQUIRE(!done.empty());
  CHECK(std::is_sorted(done.begin(), done.end()));
  CHECK(done.back() == 1);
}

TEST_CASE("inference in bfloat16 is close to inference in float", "[inference]") {
  const Case c{{.bands = 4}, {1, 132, 76, 4}};
  const auto model = network(c);
  if (!bfloat16_available()) {
    CHECK_THROWS_WITH(PreMixInference(model, Precision::bfloat16), contains("AVX512-BF16") && contains("fp32"));
    WARN("skipped: this processor has no AVX512-BF16");
    return;
  }
  const auto up_ms = image(c.up_ms, 1), pan = image(c.up_ms.with_channels(1), 2);
  const auto exact = PreMixInference(model)(up_ms, pan),
             narrow = PreMixInference(model, Precision::bfloat16)(up_ms, pan);
  const double difference = golden::relative_difference(narrow, widened(exact));
  CHECK(difference < 2e-2);
  CHECK(difference > 1e-5);  // else it ran in float
}

TEST_CASE("inference refuses what the module refuses, and unavailable precisions", "[inference][error]") {
  const PreMixInference packed(PreMix<float>({.bands = 4, .embed_dim = 8}));
  CHECK_THROWS_WITH(packed(image({1, 18, 12, 4}, 1), image({1, 18, 12, 1}, 2)), contains("multiples of 4"));
  CHECK_THROWS_WITH(packed(image({1, 16, 12, 3}, 1), image({1, 16, 12, 1}, 2)), contains("3 bands, the network 4"));
  if (bfloat16_available())
    CHECK_THROWS_WITH(PreMixInference(PreMix<float>({.bands = 4, .embed_dim = 6}), Precision::bfloat16),
                      contains("6 features"));
  const std::string message = message_of(
      ErrorKind::usage, [] { PreMixInference(PreMix<float>({.bands = 4, .embed_dim = 8}), Precision::tf32); });
  CHECK_THAT(message, contains("precision = tf32 needs a GPU") && contains("fp32"));
}

}  // namespace premix
