#include <algorithm>

#include "golden_checks/premix.hpp"
#include "premix/nn/premix.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/golden_module.hpp"
#include "support/threads.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

template <Real T>
Tensor<T> random_pan(Shape ms) {
  return testing::uniform_image<T>(ms.with_channels(1), 0, 1, 2);
}

// Prediction and all parameter gradients of a training step.
template <Real T>
std::vector<Tensor<T>> step_results(const PreMixConfig& config, Shape ms) {
  PreMix<T> model(config);
  const auto prediction = model(testing::uniform_image<T>(ms, 0, 1, 1), random_pan<T>(ms));
  l1_loss(prediction, testing::uniform_image<T>(ms, 0, 1, 3)).backward();
  std::vector<Tensor<T>> results{prediction.value()};
  for (const auto& parameter : parameters(model))
    if (!parameter.grad().empty()) results.push_back(parameter.grad());
  return results;
}

}  // namespace

TEST_CASE("golden: the whole network, its intermediate results and all its gradients equal the published code",
          "[premix][golden]") {
  golden::for_each_file("full_*.safetensors", [](golden::File& file) {
    golden::check_premix<float>(file, cpu());
    golden::check_premix<double>(file, cpu());
    file.check_complete();
  });
}

TEST_CASE("golden: the initial parameters have the published names, shapes and bounds", "[premix][golden]") {
  golden::for_each_json("init_bounds*.json", [](const nlohmann::json& expected) {
    // The configuration is text: "bands 4", "num_layers 3", "EWFM", "trainable beta".
    const std::string words = expected.at("config");
    const auto number = [&](const std::string& name, int otherwise) {
      const auto at = words.find(name + ' ');
      return at == std::string::npos ? otherwise : std::stoi(words.substr(at + name.size() + 1));
    };
    PreMixConfig config{.bands = number("bands", 4),
                        .embed_dim = number("embed_dim", 32),
                        .kernel_size = number("kernel_size", 3),
                        .pf_kernel = number("pf_kernel", 3),
                        .num_layers = number("num_layers", 1),
                        .mixing = words.find("EWFM") != std::string::npos};
    if (words.find("trainable beta") != std::string::npos) config.beta = 2;
    const PreMix<float> model(config);

    int compared = 0;
    for_each_parameter(model, [&](const std::string& name, const Variable<float>& parameter, FileOrder order) {
      INFO(name);
      REQUIRE(expected.at("params").contains(name));
      const auto& entry = expected["params"][name];
      const auto [shape, values] = io::to_file_layout(name, parameter.value(), order);
      CHECK(shape == entry.at("shape").get<std::vector<std::int64_t>>());
      ++compared;
      if (entry.contains("value")) {
        CHECK(values == std::vector<float>{entry["value"].get<float>()});
        return;
      }
      const double bound = entry.at("bound");
      double largest = 0, squares = 0;
      for (const double value : values) {
        largest = std::max(largest, std::abs(value));
        squares += value * value;
      }
      CHECK(largest <= bound);
      if (values.size() < 200) return;
      CHECK(largest > 0.95 * bound);
      CHECK(std::sqrt(squares / static_cast<double>(values.size())) ==
            Approx(bound / std::sqrt(3)).epsilon(0.15));  // uniform distribution
    });
    CHECK(static_cast<std::size_t>(compared) == expected.at("params").size());
    return compared;
  });
}

TEMPLATE_TEST_CASE("a training step has the same bits for any number of threads", "[premix][threads]", float, double) {
  const PreMixConfig config{.bands = 3, .embed_dim = 12, .num_layers = 2, .beta = 2};
  const auto run = [&](int count) {
    const testing::Threads scope(count);
    return step_results<TestType>(config, {2, 40, 36, 3});
  };
  const auto one = run(1);
  for (const int count : {2, 3}) {
    const auto several = run(count);
    REQUIRE(one.size() == several.size());
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(testing::same_bits(one[i], several[i]));
  }
}

TEST_CASE("a training step has the same bits in every run", "[premix][threads]") {
  const auto first = step_results<float>({.embed_dim = 8}, {1, 24, 20, 4}),
             second = step_results<float>({.embed_dim = 8}, {1, 24, 20, 4});
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(testing::same_bits(first[i], second[i]));
}

TEST_CASE("float and double networks start with the same parameters and agree", "[premix][isa]") {
  const Shape ms{1, 32, 28, 4};
  const auto narrow = step_results<float>({.embed_dim = 8}, ms);
  const auto wide = step_results<double>({.embed_dim = 8}, ms);
  REQUIRE(narrow.size() == wide.size());
  CHECK(golden::relative_difference(narrow[0], wide[0]) < 1e-5);
}

TEST_CASE("images of a batch do not affect each other", "[premix]") {
  const Shape ms{3, 24, 16, 4};
  const auto up_ms = testing::uniform_image<double>(ms, 0, 1, 1), pan = random_pan<double>(ms);
  const PreMix<double> model({.embed_dim = 6});
  const auto together = model(up_ms, pan).value();
  for (std::int64_t n = 0; n < ms.n; ++n)
    CHECK(testing::same_bits(together.image(n), model(up_ms.image(n), pan.image(n)).value()));
}

TEST_CASE("the network adds the prediction of its last sub-model to the multispectral image", "[premix]") {
  const PreMix<double> model({.bands = 3, .embed_dim = 4});
  const auto up_ms = testing::uniform_image<double>({1, 16, 12, 3}, 0, 1, 1);
  Tensor<double> last;
  std::vector<std::string> order;
  const auto prediction =
      model(up_ms, random_pan<double>(up_ms.shape()), [&](const std::string& name, const Variable<double>& value) {
        if (!name.ends_with(".pred")) return;
        order.push_back(name);
        last = value.value();
      });
  CHECK(order == std::vector<std::string>{"model3.2.pred", "model3.1.pred", "model3.0.pred", "model2.2.pred",
                                          "model2.1.pred", "model2.0.pred", "model1.2.pred", "model1.1.pred",
                                          "model1.0.pred"});
  CHECK(testing::same_bits(prediction.value(), (Variable<double>(last) + Variable<double>(up_ms)).value()));
}

TEST_CASE("the network accepts sides that are multiples of 4, at least 12", "[premix]") {
  const auto [height, width] = GENERATE(table<std::int64_t, std::int64_t>({{12, 12}, {12, 40}, {36, 16}}));
  const PreMix<float> model({.bands = 1, .embed_dim = 4});
  const auto up_ms = testing::uniform_image<float>({1, height, width, 1}, 0, 1, 1);
  CHECK(model(up_ms, random_pan<float>(up_ms.shape())).shape() == up_ms.shape());
}

TEST_CASE("zero layers mean one layer", "[premix]") {
  const PreMix<float> none({.embed_dim = 4, .num_layers = 0}), one({.embed_dim = 4, .num_layers = 1});
  const auto up_ms = testing::uniform_image<float>({1, 12, 12, 4}, 0, 1, 1);
  CHECK(testing::same_bits(none(up_ms, random_pan<float>(up_ms.shape())).value(),
                           one(up_ms, random_pan<float>(up_ms.shape())).value()));
}

TEST_CASE("the numbers of parameters equal those of the published network", "[premix]") {
  const auto [bands, layers, mixing, count] = GENERATE(table<int, int, bool, std::int64_t>({{4, 1, true, 865564},
                                                                                            {4, 1, false, 699676},
                                                                                            {8, 1, true, 1065080},
                                                                                            {4, 3, true, 2193820},
                                                                                            {8, 3, true, 2393336}}));
  CHECK(parameter_count(PreMix<float>({.bands = bands, .num_layers = layers, .mixing = mixing})) == count);
}

TEST_CASE("a clone computes the same and shares nothing", "[premix]") {
  const PreMix<float> model({.embed_dim = 4, .seed = 7});
  PreMix<float> copy = model.clone();
  const auto up_ms = testing::uniform_image<float>({1, 12, 16, 4}, 0, 1, 1), pan = random_pan<float>(up_ms.shape());
  const auto before = model(up_ms, pan).value();
  CHECK(testing::same_bits(copy(up_ms, pan).value(), before));
  for (auto& parameter : parameters(copy)) {
    float* values = parameter.mutable_value().mutable_data();
    std::fill_n(values, parameter.value().size(), 0.5f);
  }
  CHECK(testing::same_bits(model(up_ms, pan).value(), before));
}

TEST_CASE("the seed decides the initial parameters", "[premix]") {
  const auto first_weight = [](std::uint32_t seed) {
    PreMix<float> model({.embed_dim = 4, .seed = seed});
    return parameters(model).front().value();
  };
  CHECK(testing::same_bits(first_weight(3), first_weight(3)));
  CHECK_FALSE(testing::same_bits(first_weight(3), first_weight(4)));
}

TEST_CASE("postconv exists but is unused: no gradient, no update", "[premix]") {
  PreMix<float> model({.bands = 2, .embed_dim = 4});
  const auto before = model.postconv[0].conv1.weight.value().clone();
  const auto up_ms = testing::uniform_image<float>({1, 12, 12, 2}, 0, 1, 1);
  Adam<float> adam(parameters(model));
  l1_loss(model(up_ms, random_pan<float>(up_ms.shape())), up_ms).backward();
  adam.step();
  std::vector<std::string> without;
  for_each_parameter(model, [&](const std::string& name, const auto& parameter, FileOrder) {
    if (parameter.grad().empty()) without.push_back(name);
  });
  CHECK(without == std::vector<std::string>{"postconv.0.conv1.weight", "postconv.0.conv2.weight",
                                            "postconv.0.conv1x1.weight", "postconv.0.conv1x1.bias"});
  CHECK(testing::same_bits(model.postconv[0].conv1.weight.value(), before));
}

TEST_CASE("the network refuses images that do not match", "[premix][error]") {
  const PreMix<float> model({.bands = 4, .embed_dim = 4});
  const auto with = [&](Shape ms, Shape pan) { return model(Tensor<float>::zeros(ms), Tensor<float>::zeros(pan)); };
  CHECK_THROWS_WITH(with({1, 12, 12, 3}, {1, 12, 12, 1}), contains("3 bands, the network 4"));
  CHECK_THROWS_WITH(with({1, 12, 12, 4}, {1, 12, 16, 1}), contains("pan must be (1, 12, 12, 1)"));
  CHECK_THROWS_WITH(with({1, 12, 12, 4}, {1, 12, 12, 2}), contains("pan must be (1, 12, 12, 1)"));
  CHECK_THROWS_WITH(with({1, 14, 12, 4}, {1, 14, 12, 1}), contains("14 x 12") && contains("multiples of 4"));
  CHECK_THROWS_WITH(with({1, 12, 8, 4}, {1, 12, 8, 1}), contains("12 x 8") && contains("at least 12"));
}

TEST_CASE("the network refuses invalid architectures", "[premix][error]") {
  const auto with = [](const PreMixConfig& config) { return PreMix<float>(config); };
  CHECK_THROWS_WITH(with({.bands = 0}), contains("bands = 0"));
  CHECK_THROWS_WITH(with({.embed_dim = 0}), contains("embed_dim = 0"));
  CHECK_THROWS_WITH(with({.kernel_size = 4}), contains("kernel_size = 4"));
  CHECK_THROWS_WITH(with({.pf_kernel = 2}), contains("pf_kernel = 2"));
  CHECK_THROWS_WITH(with({.num_layers = -1}), contains("num_layers = -1"));
  CHECK_THROWS_WITH(activation_by_name("relu"), contains("'relu'") && contains("tanh+relu, tanh+elu"));
}

}  // namespace premix
