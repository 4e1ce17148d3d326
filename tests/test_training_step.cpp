#include "premix/train/training_step.hpp"

#include <cmath>

#include "golden_checks/training.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"

namespace premix {

TEST_CASE("a TrainingStep equals prediction, loss, gradients and update", "[premix][training]") {
  const PreMixConfig config{.bands = 3, .embed_dim = 4};
  PreMix<float> model(config), plain(config);
  Adam<float> adam(parameters(model)), plain_adam(parameters(plain));
  TrainingStep step(model, adam);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Shape shape{2, 16, 12, 3};
    const auto up_ms = testing::uniform_image<float>(shape, 0, 1, 3 * i),
               truth = testing::uniform_image<float>(shape, 0, 1, 3 * i + 1);
    const auto pan = testing::uniform_image<float>(shape.with_channels(1), 0, 1, 3 * i + 2);
    const auto loss = l1_loss(plain(up_ms, pan), truth);
    plain_adam.zero_grad();
    loss.backward();
    plain_adam.step();
    CHECK(step(up_ms, pan, truth).item() == loss.value().item());
  }
  const auto stepped = parameters(model), expected = parameters(plain);
  for (std::size_t i = 0; i < stepped.size(); ++i) CHECK(testing::same_bits(stepped[i].value(), expected[i].value()));
  auto dark = Tensor<float>::zeros({1, 12, 12, 3});
  dark.mutable_data()[7] = NAN;
  CHECK_THROWS_WITH(step(dark, Tensor<float>::zeros({1, 12, 12, 1}), dark), contains("NaN in image"));
}

TEST_CASE("golden: a training with Adam follows the published code", "[premix][golden]") {
  golden::for_each_file("train_*.safetensors", [](golden::File& file) {
    golden::check_training<float>(file, cpu());
    golden::check_training<double>(file, cpu());
    file.check_complete();
  });
}

}  // namespace premix
