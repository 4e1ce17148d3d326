#include "premix/nn/sub_model.hpp"
#include "support/catch.hpp"
#include "support/golden_module.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

std::mt19937 any_generator() { return python_random(1); }

template <Real T>
Variable<T> input(const golden::File& file, const std::string& name) {
  return Variable<T>(file.tensor<T>("in/" + name), true);
}

// Module with one input x and one output y.
template <class Module>
void check_golden(golden::File& file, Module module) {
  using T = typename Module::Scalar;
  golden::read_parameters(file, module);
  const auto x = input<T>(file, "x");
  const auto y = module(x);
  y.backward(file.tensor<T>("in/cot.y"));
  file.check_output("y", y.value());
  file.check_gradient("x", x.grad());
  golden::check_parameter_gradients(file, module);
}

// Backward pass from several results of one computation, weighted by in/cot.NAME.
template <Real T>
struct NamedResult {
  std::string name;
  Variable<T> value;
};

template <Real T>
Variable<T> weighted(const golden::File& file, const NamedResult<T>& result) {
  const auto weights = file.tensor<T>("in/cot." + result.name);
  const auto sum = static_cast<T>(testing::inner_product(result.value.value(), weights));
  return record<T>(Tensor<T>::full({1, 1, 1, 1}, sum), {result.value},
                   [weights](const std::vector<Tensor<T>>&) { return std::vector{weights}; });
}

template <Real T>
void walk_back(golden::File& file, const std::vector<NamedResult<T>>& results) {
  Variable<T> sum;
  for (const auto& result : results) {
    if (!file.has("in/cot." + result.name)) continue;
    sum = sum.empty() ? weighted(file, result) : sum + weighted(file, result);
  }
  REQUIRE_FALSE(sum.empty());
  sum.backward();
  for (const auto& result : results) file.check_output(result.name, result.value.value());
}

template <Real T>
void check_ewfm(golden::File& file) {
  const nlohmann::json& config = file.config();
  EwfmOptions options{.features = config.at("embed_dim"), .kernel = config.at("kernel_size")};
  options.activation = activation_by_name(config.at("activation").get<std::string>());
  if (!config.at("beta").is_null()) options.beta = config.at("beta").get<double>();
  auto generator = any_generator();
  Ewfm<T> module(options, generator);
  golden::read_parameters(file, module);
  const auto ms = input<T>(file, "ms_up"), pan = input<T>(file, "pan");
  const auto mixed = module(ms, pan);
  walk_back<T>(file, {{"mixed_ms", mixed.ms}, {"mixed_pan", mixed.pan}});
  file.check_output("fused", module.logits(ms, pan).value());
  file.check_gradient("ms_up", ms.grad());
  file.check_gradient("pan", pan.grad());
  golden::check_parameter_gradients(file, module);
}

template <Real T>
void check_predictive_filter(golden::File& file) {
  auto generator = any_generator();
  PredictiveFilter<T> module(
      {.features = file.config().at("embed_dim"), .bands = file.config().at("bands"), .kernel = file.config().at("K")},
      generator);
  golden::read_parameters(file, module);
  const auto x = input<T>(file, "x"), image = input<T>(file, "image");
  walk_back<T>(file, {{"y", module(x, image)}});
  file.check_gradient("x", x.grad());
  file.check_gradient("image", image.grad());
  golden::check_parameter_gradients(file, module);
}

template <Real T>
void check_sub_model(golden::File& file) {
  auto generator = any_generator();
  SubModel<T> module(golden::architecture(file.config()), file.config().at("num_trans"), generator);
  golden::read_parameters(file, module);
  const std::vector<std::string> names{"ms", "pan", "filtered_ms", "filtered_pan", "last_ms_f", "last_pan_f"};
  std::map<std::string, Variable<T>> in;
  for (const auto& name : names)
    if (file.has("in/" + name)) in[name] = input<T>(file, name);
  const auto or_itself = [&](const std::string& name, const std::string& other) {
    return in.contains(name) ? in[name] : in[other];
  };
  const auto result = module({.images = {in["ms"], in["pan"]},
                              .filtered = {or_itself("filtered_ms", "ms"), or_itself("filtered_pan", "pan")},
                              .last = {in["last_ms_f"], in["last_pan_f"]}});
  walk_back<T>(file,
               {{"pred", result.prediction}, {"fused_ms", result.features.ms}, {"fused_pan", result.features.pan}});
  for (const auto& [name, variable] : in)
    if (!variable.empty()) file.check_gradient(name, variable.grad());
  golden::check_parameter_gradients(file, module);
}

}  // namespace

TEST_CASE("golden: the residual block equals the published code", "[modules][golden]") {
  golden::for_each_file("block_residual_*.safetensors", [](golden::File& file) {
    const nlohmann::json& config = file.config();
    auto generator = any_generator();
    check_golden(file, ResidualBlock<float>(config.at("cin"), config.at("cout"), config.at("k"), generator));
    check_golden(file, ResidualBlock<double>(config.at("cin"), config.at("cout"), config.at("k"), generator));
    file.check_complete();
  });
}

TEST_CASE("golden: the encoder equals the published code", "[modules][golden]") {
  golden::for_each_file("block_encoder*.safetensors", [](golden::File& file) {
    const nlohmann::json& config = file.config();
    auto generator = any_generator();
    check_golden(file, Encoder<float>(config.at("cin"), config.at("cout"), config.at("k"), generator));
    check_golden(file, Encoder<double>(config.at("cin"), config.at("cout"), config.at("k"), generator));
    file.check_complete();
  });
}

TEST_CASE("golden: element-wise feature mixing equals the published code", "[modules][golden]") {
  golden::for_each_file("ewfm_*.safetensors", [](golden::File& file) {
    check_ewfm<float>(file);
    check_ewfm<double>(file);
    file.check_complete();
  });
}

TEST_CASE("golden: predictive filtering with its convolution equals the published code", "[modules][golden]") {
  golden::for_each_file("pf_with_conv*.safetensors", [](golden::File& file) {
    check_predictive_filter<float>(file);
    check_predictive_filter<double>(file);
    file.check_complete();
  });
}

TEST_CASE("golden: the sub-models equal the published code", "[modules][golden]") {
  golden::for_each_file("premixmodel_*.safetensors", [](golden::File& file) {
    check_sub_model<float>(file);
    check_sub_model<double>(file);
    file.check_complete();
  });
}

}  // namespace premix
