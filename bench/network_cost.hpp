#pragma once

#include <cstdint>

#include "premix/nn/config.hpp"

namespace bench {

/// Multiply-accumulates of the network's direct convolutions for one image: every tap of every pixel. Predictive
/// filtering is omitted (less than 0.2 %).
struct NetworkCost {
  std::int64_t convolutions = 0, transposed = 0;
  std::int64_t total() const { return convolutions + transposed; }
};

/// height and width are multiples of 4.
inline NetworkCost network_cost(const premix::PreMixConfig& config, std::int64_t height, std::int64_t width) {
  const std::int64_t bands = config.bands, features = config.embed_dim;
  const auto square = [](std::int64_t n) { return n * n; };
  // Per pixel: two encoders of three convolutions each, and the two convolutions of the mask's logits.
  const auto block = [&](std::int64_t in_ms, std::int64_t in_pan) {
    const std::int64_t between_features = 4 + (config.mixing ? 2 : 0);
    return square(config.kernel_size) * features * (in_ms + in_pan + between_features * features);
  };
  const std::int64_t more_blocks = config.num_layers > 1 ? config.num_layers - 1 : 0;
  const std::int64_t filters =
      2 * square(config.pf_kernel) * features * bands * square(config.pf_kernel);  // for both images

  NetworkCost branch;
  for (int t = 0; t < 3; ++t) {  // the sub-model with features at 1 / 2^t of the size
    std::int64_t pixels = height * width >> 2 * t;
    branch.convolutions +=
        pixels * (block(bands, 1) + more_blocks * block(features, features)) + height * width * filters;
    for (int doubling = 0; doubling < t; ++doubling, pixels *= 4)
      branch.transposed += 2 * pixels * 9 * square(features);
  }
  return {3 * branch.convolutions, 3 * branch.transposed};
}

}  // namespace bench
