#pragma once

#include <random>

#include "premix/core/random.hpp"
#include "premix/core/tensor.hpp"

namespace bench {

/// Numbers in (0, 1), the same ones each time.
template <premix::Real T>
premix::Tensor<T> random_image(premix::Shape shape, std::uint32_t seed) {
  std::mt19937 generator(seed);
  premix::Tensor<T> image(shape);
  fill_uniform(image, 0.5, generator);
  T* values = image.mutable_data();
  for (std::int64_t i = 0; i < image.size(); ++i) values[i] += T(0.5);
  return image;
}

}  // namespace bench
