#include "premix/infer/network/premix_inference.hpp"

#include <algorithm>

#include "cuda/on_device.hpp"
#include "premix/core/cuda.hpp"
#include "support/contains.hpp"

namespace premix {
namespace {

using testing::gpu;
using testing::parity;

struct Case {
  PreMixConfig config;
  Shape up_ms;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.config.bands << " bands, " << c.config.embed_dim << " features, " << c.config.num_layers
             << " layers, up_ms " << c.up_ms;
}

// Scales the initial weights by 1.5, because with them the early sub-models hardly affect the result.
PreMix<float> network(const PreMixConfig& config) {
  PreMix<float> model(config);
  for (auto& parameter : parameters(model)) {
    const auto& old = parameter.value();
    parameter.mutable_value() =
        testing::image_of<float>(parameter.shape(), [&](auto... at) { return old(at...) * 1.5f; });
  }
  return model;
}

Tensor<float> image(Shape shape, std::uint32_t seed) { return testing::uniform_image<float>(shape, 0, 1, seed); }

PreMix<float> on_gpu(const PreMix<float>& model) {
  PreMix<float> copy = model.clone();
  move_parameters(copy, gpu());
  return copy;
}

}  // namespace

TEST_CASE("inference in bfloat16 on a GPU is close to the module in float", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const Case c =
      GENERATE(Case{{.bands = 4, .embed_dim = 16}, {2, 12, 12, 4}},
               Case{{.bands = 3, .embed_dim = 32, .activation = Activation::tanh_elu, .beta = 2.0}, {1, 12, 12, 3}},
               Case{{.bands = 8, .embed_dim = 16, .num_layers = 2}, {1, 12, 16, 8}},
               Case{{.bands = 1, .embed_dim = 16, .num_layers = 2, .mixing = false}, {1, 12, 20, 1}});
  CAPTURE(c);
  const auto model = network(c.config);
  const auto up_ms = image(c.up_ms, 1), pan = image(c.up_ms.with_channels(1), 2);
  const PreMixInference narrow(on_gpu(model), Precision::bfloat16);
  const NoGrad no_grad;
  const double difference = parity(narrow(up_ms.to(gpu()), pan.to(gpu())), model(up_ms, pan).value());
  CHECK(difference < 2e-2);
  CHECK(difference > 1e-5);  // smaller: computed in float
}

TEST_CASE("inference on a GPU has its own weights and buffers", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  auto model = on_gpu(network({.bands = 4, .embed_dim = 16}));
  const PreMixInference packed(model, Precision::bfloat16);
  const auto run = [&](Shape shape, const std::function<void(double)>& progress = {}) {
    return packed(image(shape, 1).to(gpu()), image(shape.with_channels(1), 2).to(gpu()), progress).to(cpu());
  };
  const auto before = run({1, 12, 16, 4});
  run({1, 16, 12, 4});  // other sizes in between
  for (auto& parameter : parameters(model)) parameter.mutable_value() = Tensor<float>::zeros(parameter.shape(), gpu());
  std::vector<double> done;
  CHECK(testing::same_bits(before, run({1, 12, 16, 4}, [&](double share) { done.push_back(share); })));
  CHECK(done.size() == 9);
  CHECK(std::is_sorted(done.begin(), done.end()));
  CHECK(done.back() == 1);
}

TEST_CASE("recorded inference on a GPU matches unrecorded inference to the bit", "[cuda][inference][slow]") {
  PREMIX_REQUIRE_GPU();
  const auto precision = GENERATE(Precision::float32, Precision::bfloat16);  // the module, and the inference kernels
  CAPTURE(precision_name(precision));
  const int features = precision == Precision::float32 ? 4 : 16;
  const PreMixInference packed(on_gpu(network({.bands = 4, .embed_dim = features})), precision);
  const auto run = [&](Shape shape, std::uint32_t seed) {
    return packed(image(shape, seed).to(gpu()), image(shape.with_channels(1), seed + 1).to(gpu())).to(cpu());
  };
  const Shape shape{1, 12, 16, 4}, other{1, 16, 12, 4};
  std::vector<Tensor<float>> expected;
  for (const std::uint32_t seed : {1, 3, 5}) expected.push_back(run(shape, seed));
  const CudaStream stream(gpu()), second(gpu());
  {
    const StreamGuard guard(stream);
    for (int round = 0; round < 2; ++round) {  // recorded, then launched
      for (std::size_t i = 0; i < expected.size(); ++i) CHECK(testing::same_bits(run(shape, 2 * i + 1), expected[i]));
      synchronize(gpu());
      const StreamGuard elsewhere(second);
      CHECK(testing::same_bits(run(shape, 1), expected[0]));
      synchronize(gpu());
    }
    run(other, 1);
    CHECK(testing::same_bits(run(shape, 3), expected[1]));
  }
  CHECK(testing::same_bits(run(shape, 5), expected[2]));
}

TEST_CASE("inference in float on a GPU equals the module", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const auto model = network({.bands = 4, .embed_dim = 6});
  const auto up_ms = image({1, 12, 16, 4}, 1), pan = image({1, 12, 16, 1}, 2);
  const NoGrad no_grad;
  CHECK(parity(PreMixInference(on_gpu(model))(up_ms.to(gpu()), pan.to(gpu())), model(up_ms, pan).value()) < 1e-5);
}

TEST_CASE("inference in bfloat16 on a GPU runs the module if no kernels support the network", "[cuda][inference]") {
  PREMIX_REQUIRE_GPU();
  const PreMixConfig config = GENERATE(PreMixConfig{.bands = 9, .embed_dim = 16}, PreMixConfig{.embed_dim = 6},
                                       PreMixConfig{.embed_dim = 16, .pf_kernel = 5});
  const auto model = network(config);
  const auto up_ms = image({1, 12, 16, config.bands}, 1), pan = image({1, 12, 16, 1}, 2);
  const NoGrad no_grad;
  const auto there = PreMixInference(on_gpu(model), Precision::bfloat16)(up_ms.to(gpu()), pan.to(gpu()));
  CHECK(parity(there, model(up_ms, pan).value()) < 2e-2);
}

TEST_CASE("inference on a GPU refuses images on another device or of wrong sizes", "[cuda][inference][error]") {
  PREMIX_REQUIRE_GPU();
  const PreMixInference packed(on_gpu(PreMix<float>({.embed_dim = 16})), Precision::bfloat16);
  CHECK_THROWS_WITH(packed(image({1, 12, 12, 4}, 1), image({1, 12, 12, 1}, 2)),
                    contains("up_ms on cpu") && contains("cuda:0"));
  CHECK_THROWS_WITH(packed(image({1, 18, 12, 4}, 1).to(gpu()), image({1, 18, 12, 1}, 2).to(gpu())),
                    contains("multiples of 4"));
}

}  // namespace premix
