#include "premix/train/training_step.hpp"

#include <cmath>
#include <memory>
#include <utility>

#include "cuda/on_device.hpp"
#include "premix/ops/l1_loss.hpp"
#include "support/contains.hpp"

namespace premix {
namespace {

using testing::gpu;

struct StepImages {
  Tensor<float> up_ms, pan, truth;

  StepImages(std::int64_t images, std::uint32_t seed, Device device) {
    const Shape shape{images, 16, 12, 3};
    up_ms = testing::uniform_image<float>(shape, 0, 1, 3 * seed).to(device);
    pan = testing::uniform_image<float>(shape.with_channels(1), 0, 1, 3 * seed + 1).to(device);
    truth = testing::uniform_image<float>(shape, 0, 1, 3 * seed + 2).to(device);
  }
};

struct Training {
  PreMix<float> model;
  Adam<float> adam;
  TrainingStep step;

  explicit Training(Device device, AdamOptions options = {}, LossFunction loss = loss_function({}))
      : model({.bands = 3, .embed_dim = 4, .beta = 2}),
        adam((move_parameters(model, device), parameters(model)), (options.lr = 0.01, options)),
        step(model, adam, std::move(loss)) {}

  float operator()(const StepImages& batch) { return step(batch.up_ms, batch.pan, batch.truth).item(); }

  // Returns parameters, moments, averages and step counts.
  std::vector<Tensor<float>> state() const {
    std::vector<Tensor<float>> state;
    for (const auto& parameter : parameters(model)) state.push_back(parameter.value().to(cpu()));
    for (const auto& [mean, square, steps, average] : adam.moments()) {
      state.push_back(Tensor<float>::full({1, 1, 1, 1}, static_cast<float>(steps)));
      for (const auto* tensor : {&mean, &square, &average})
        if (!tensor->empty()) state.push_back(tensor->to(cpu()));
    }
    return state;
  }
};

void check_same_bits(const std::vector<Tensor<float>>& a, const std::vector<Tensor<float>>& b) {
  REQUIRE(a.size() == b.size());
  bool same = true;
  for (std::size_t i = 0; i < a.size(); ++i) same &= testing::same_bits(a[i], b[i]);
  CHECK(same);
}

// A training step without TrainingStep.
float plain_step(const PreMix<float>& model, Adam<float>& adam, const StepImages& batch) {
  const auto loss = l1_loss(model(batch.up_ms, batch.pan), batch.truth);
  adam.zero_grad();
  loss.backward();
  adam.step();
  return loss.value().item();
}

}  // namespace

TEST_CASE("a recorded training step matches an unrecorded one to the bit, at each learning rate and after other shapes",
          "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  Training plain(gpu()), recorded(gpu());
  const CudaStream stream(gpu());
  const std::int64_t images[] = {2, 1, 2, 2, 1, 2, 1};
  for (std::uint32_t i = 0; i < 7; ++i) {
    const double lr = i < 4 ? 0.01 : 0.002;
    plain.adam.set_lr(lr);
    recorded.adam.set_lr(lr);
    const StepImages batch(images[i], i, gpu());
    const float expected = plain_step(plain.model, plain.adam, batch);
    const StreamGuard guard(stream);
    CHECK(recorded(batch) == expected);
    CHECK(recorded.step.recorded() == (i < 2 ? 0 : i < 4 ? 1 : 2));
    for (const auto& parameter : parameters(recorded.model)) CHECK(parameter.grad().empty());
  }
  check_same_bits(recorded.state(), plain.state());
}

TEST_CASE(
    "recorded steps of a recipe match unrecorded ones to the bit: losses, clipping, averages, both kinds of batch",
    "[cuda][training][slow]") {
  PREMIX_REQUIRE_GPU();
  Recipe recipe = sharp_recipe();
  recipe.loss = GENERATE(LossKind::l1, LossKind::charbonnier, LossKind::l1_gradient);
  const PreMix<float> teacher = [] {
    PreMix<float> network({.bands = 3, .embed_dim = 4, .seed = 7});
    move_parameters(network, gpu());
    return network;
  }();
  const LossFunction loss =
      recipe.loss == LossKind::charbonnier ? distilled(loss_function(recipe), teacher, 0.5) : loss_function(recipe);
  const AdamOptions options{.clip_norm = 0.01, .average = recipe.average};
  Training plain(gpu(), options, loss), recorded(gpu(), options, loss);
  const CudaStream stream(gpu());
  // Reduced samples of three branches, and full-resolution ones, whose truth has a quarter of the pixels.
  const auto batch_of = [](std::uint32_t i) {
    const StepImages images(2, i, cpu());
    TrainingBatch batch(images.up_ms, images.pan, images.truth);
    batch.images = branch_images(images.up_ms, images.pan);
    if (i % 2 == 1) batch.truth = testing::uniform_image<float>({2, 4, 3, 3}, 0, 1, 100 + i);
    return batch.map([](const Tensor<float>& tensor) { return tensor.to(gpu()); });
  };
  for (std::uint32_t i = 0; i < 6; ++i) {
    const TrainingBatch batch = batch_of(i);
    const float expected = plain.step(batch).item();
    const StreamGuard guard(stream);
    CHECK(recorded.step(batch).item() == expected);
    CHECK(recorded.step.recorded() == (i < 2 ? 0 : i < 3 ? 1 : 2));
  }
  CHECK(plain.step.recorded() == 0);
  check_same_bits(recorded.state(), plain.state());
}

TEST_CASE("recorded training steps do not grow in memory", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  Training training(gpu());
  const CudaStream stream(gpu());
  const StreamGuard guard(stream);
  const StepImages batch(1, 0, gpu());
  for (int i = 0; i < 3; ++i) training(batch);
  release_cached_memory(gpu());  // completes pending frees
  const std::size_t in_use = memory_use(gpu()).in_use;
  for (int i = 0; i < 3; ++i) training(batch);
  release_cached_memory(gpu());
  CHECK(memory_use(gpu()).in_use == in_use);
}

TEST_CASE("a recorded update counts as a write to the parameters", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  Training training(gpu());
  const CudaStream stream(gpu());
  const StreamGuard guard(stream);
  const StepImages batch(1, 0, gpu());
  for (int i = 0; i < 2; ++i) training(batch);
  REQUIRE(training.step.recorded() == 1);
  const auto loss = l1_loss(training.model(batch.up_ms, batch.pan), batch.truth);
  training(batch);
  CHECK_THROWS_WITH(loss.backward(), contains("changed after an operation used it"));
}

TEST_CASE("training steps in the default stream and on the CPU are not recorded", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  Training there(gpu()), here(cpu());
  for (std::uint32_t i = 0; i < 3; ++i)
    // Adam's first steps take the sign of tiny gradients.
    CHECK(std::abs(there(StepImages(1, i, gpu())) - here(StepImages(1, i, cpu()))) < 1e-3);
  CHECK(there.step.recorded() == 0);
  CHECK(here.step.recorded() == 0);
}

TEST_CASE("NaN in any image of a batch gives a NaN loss on a GPU", "[cuda][training]") {
  PREMIX_REQUIRE_GPU();
  const int which = GENERATE(0, 1, 2);
  Training training(gpu());
  StepImages batch(1, 0, cpu());
  Tensor<float>* images[] = {&batch.up_ms, &batch.pan, &batch.truth};
  images[which]->mutable_data()[images[which]->size() / 2] = NAN;
  for (auto* image : images) *image = image->to(gpu());
  CHECK(std::isnan(training(batch)));
}

TEST_CASE("a training step refuses images on another device or of different sizes", "[cuda][training][error]") {
  PREMIX_REQUIRE_GPU();
  Training training(gpu());
  const CudaStream stream(gpu());
  const StreamGuard guard(stream);
  const StepImages here(1, 0, cpu()), there(1, 0, gpu()), two(2, 0, gpu());
  CHECK_THROWS_WITH(training(here), contains("images on cpu") && contains("network on cuda:0"));
  for (int i = 0; i < 2; ++i) training(there);
  REQUIRE(training.step.recorded() == 1);
  CHECK_THROWS_WITH(training.step(there.up_ms, two.pan, there.truth), contains("pan must be"));
}

}  // namespace premix
