#include <iostream>

#include "premix/premix.hpp"

int main() {
  // Enlarged MS image, PAN and ground truth: (N, H, W, C), counts divided by the largest one.
  const auto up_ms = premix::Tensor<float>::full({2, 32, 32, 4}, 0.4f),
             pan = premix::Tensor<float>::full({2, 32, 32, 1}, 0.6f);
  const auto truth = premix::Tensor<float>::full({2, 32, 32, 4}, 0.5f);

  premix::PreMix<float> model({.bands = 4, .embed_dim = 8});
  premix::Adam<float> adam(premix::parameters(model), {.lr = 1e-3});
  for (int step = 0; step < 10; ++step) {
    const auto loss = premix::l1_loss(model(up_ms, pan), truth);
    adam.zero_grad();
    loss.backward();
    adam.step();
    std::cout << "step " << step << ", mean absolute error " << loss.value().item() << '\n';
  }
  premix::save_weights("weights.safetensors", model, {.max_val = 2047});
  std::cout << "weights.safetensors holds " << premix::parameter_count(model) << " numbers\n";
}
