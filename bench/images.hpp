#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "premix/core/memory.hpp"
#include "premix/core/random.hpp"
#include "premix/core/tensor.hpp"

namespace bench {

/// Reproducible numbers in (0, 1).
template <premix::Real T>
premix::Tensor<T> random_image(premix::Shape shape, std::uint32_t seed) {
  std::mt19937 generator(seed);
  premix::Tensor<T> image(shape);
  fill_uniform(image, 0.5, generator);
  T* values = image.mutable_data();
  for (std::int64_t i = 0; i < image.size(); ++i) values[i] += T(0.5);
  return image;
}

/// Uniform numbers between low and high on a device. Repeats 2^20 numbers: generating more would take longer than the
/// benchmark.
template <premix::Real T>
premix::Tensor<T> random_between(premix::Shape shape, double low, double high, std::size_t seed, premix::Device where) {
  std::mt19937 generator(static_cast<std::uint32_t>(seed));
  std::uniform_real_distribution<double> value(low, high);
  std::vector<T> some(static_cast<std::size_t>(std::min(shape.size(), std::int64_t{1} << 20)));
  for (T& v : some) v = static_cast<T>(value(generator));
  premix::Tensor<T> image(shape, where);
  T* to = image.mutable_data();
  const auto size = static_cast<std::size_t>(image.size());
  premix::copy_bytes(to, where, some.data(), premix::cpu(), some.size() * sizeof(T));
  for (std::size_t done = some.size(); done < size; done *= 2)
    premix::copy_bytes(to + done, where, to, where, std::min(done, size - done) * sizeof(T));
  return image;
}

/// Returns `count` tensors of random_between(), each with its own seed.
template <premix::Real T>
std::vector<premix::Tensor<T>> random_sets(std::size_t count, premix::Shape shape, double low, double high,
                                           std::size_t seed, premix::Device where) {
  std::vector<premix::Tensor<T>> sets;
  for (std::size_t i = 0; i < count; ++i) sets.push_back(random_between<T>(shape, low, high, seed + i, where));
  return sets;
}

}  // namespace bench
