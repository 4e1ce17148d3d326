#include "cuda/on_device.hpp"
#include "golden_checks/premix.hpp"
#include "golden_checks/training.hpp"
#include "premix/infer/network/fuse.hpp"

namespace premix {
namespace {

using testing::gpu;
using testing::parity;

// Returns all results of a training step, on the CPU: prediction, gradients, and parameters after a step of Adam.
template <Real T>
std::vector<Tensor<T>> step_results(const PreMixConfig& config, Shape ms, Device device) {
  PreMix<T> model(config);
  move_parameters(model, device);
  Adam<T> adam(parameters(model));
  const auto prediction = model(testing::uniform_image<T>(ms, 0, 1, 1).to(device),
                                testing::uniform_image<T>(ms.with_channels(1), 0, 1, 2).to(device));
  l1_loss(prediction, testing::uniform_image<T>(ms, 0, 1, 3).to(device)).backward();
  std::vector<Tensor<T>> results{prediction.value().to(cpu())};
  for (const auto& parameter : parameters(model))
    if (!parameter.grad().empty()) results.push_back(parameter.grad().to(cpu()));
  adam.step();
  for (const auto& parameter : parameters(model)) results.push_back(parameter.value().to(cpu()));
  return results;
}

const PreMixConfig configs[] = {{.bands = 4, .embed_dim = 6},
                                {.bands = 3, .embed_dim = 5, .pf_kernel = 5, .num_layers = 2, .beta = 2},
                                {.bands = 8, .embed_dim = 4, .kernel_size = 1, .mixing = false}};

}  // namespace

TEST_CASE("the whole network and its gradients on a GPU match the CPU", "[cuda][premix]") {
  PREMIX_REQUIRE_GPU();
  const PreMixConfig config = GENERATE(from_range(std::begin(configs), std::end(configs)));
  CAPTURE(config.bands, config.num_layers);
  // In double, because in float a rounding error can cross a kink of relu or a step of CLAHE's tables.
  const Shape ms{2, 16, 12, config.bands};
  const auto there = step_results<double>(config, ms, gpu()), here = step_results<double>(config, ms, cpu());
  REQUIRE(there.size() == here.size());
  for (std::size_t i = 0; i < here.size(); ++i) CHECK(parity(there[i], here[i]) < 1e-10);
}

TEST_CASE("a clone is on the device of the network", "[cuda][premix]") {
  PREMIX_REQUIRE_GPU();
  PreMix<float> model({.embed_dim = 4});
  move_parameters(model, gpu());
  const auto copy = model.clone();
  const auto originals = parameters(model), copies = parameters(copy);
  REQUIRE(copies.size() == originals.size());
  for (std::size_t i = 0; i < copies.size(); ++i) {
    CHECK(copies[i].device() == gpu());
    CHECK(testing::same_bits(copies[i].value().to(cpu()), originals[i].value().to(cpu())));
  }
}

TEST_CASE("a prediction in float on a GPU matches the CPU", "[cuda][premix]") {
  PREMIX_REQUIRE_GPU();
  const Shape ms{1, 20, 24, 4};
  CHECK(parity(step_results<float>({.embed_dim = 8}, ms, gpu())[0],
               step_results<float>({.embed_dim = 8}, ms, cpu())[0]) < 1e-5);
}

TEST_CASE("fuse with a network on a GPU accepts CPU images of any size and returns CPU images", "[cuda][premix]") {
  PREMIX_REQUIRE_GPU();
  PreMix<float> model({.embed_dim = 4});
  const Shape ms{1, 18, 23, 4};
  const auto up_ms = testing::uniform_image<float>(ms, 0, 1, 1),
             pan = testing::uniform_image<float>(ms.with_channels(1), 0, 1, 2);
  const auto here = fuse(model, up_ms, pan);
  move_parameters(model, gpu());
  const auto there = fuse(model, up_ms, pan);
  CHECK(there.device() == cpu());
  CHECK(parity(there, here) < 1e-5);
}

TEST_CASE("a training step on a GPU is deterministic", "[cuda][premix]") {
  PREMIX_REQUIRE_GPU();
  const PreMixConfig config{.bands = 4, .embed_dim = 5, .beta = 2};
  const auto one = step_results<float>(config, {2, 12, 16, 4}, gpu()),
             two = step_results<float>(config, {2, 12, 16, 4}, gpu());
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(testing::same_bits(one[i], two[i]));
}

TEST_CASE("golden: the whole network on a GPU matches the published code", "[cuda][premix][golden]") {
  PREMIX_REQUIRE_GPU();
  golden::for_each_file("full_*.safetensors", [](golden::File& file) {
    golden::check_premix<float>(file, gpu());
    golden::check_premix<double>(file, gpu());
    file.check_complete();
  });
}

TEST_CASE("golden: training on a GPU matches the published code", "[cuda][premix][golden][slow]") {
  PREMIX_REQUIRE_GPU();
  golden::for_each_file("train_*.safetensors", [](golden::File& file) {
    golden::check_training<float>(file, gpu());
    golden::check_training<double>(file, gpu());
    file.check_complete();
  });
}

}  // namespace premix
