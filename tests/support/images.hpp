#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "premix/core/tensor.hpp"

namespace premix::testing {

/// Returns independent random numbers, uniform between low and high.
template <Real T>
Tensor<T> uniform_image(Shape shape, double low, double high, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> value(low, high);
  Tensor<T> image(shape);
  std::generate_n(image.mutable_data(), shape.size(), [&] { return static_cast<T>(value(generator)); });
  return image;
}

/// Returns an image with the elements value(n, y, x, c).
template <Real T, class Value>
Tensor<T> image_of(Shape shape, Value value) {
  Tensor<T> image(shape);
  T* to = image.mutable_data();
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t y = 0; y < shape.h; ++y)
      for (std::int64_t x = 0; x < shape.w; ++x)
        for (std::int64_t c = 0; c < shape.c; ++c) *to++ = static_cast<T>(value(n, y, x, c));
  return image;
}

/// Returns the largest |a - b|, or infinity if the shapes differ or a difference is NaN.
template <Real T>
double largest_difference(const Tensor<T>& a, const Tensor<T>& b) {
  if (a.shape() != b.shape()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
    if (!(difference <= largest))
      largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
  }
  return largest;
}

template <Real T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.size(), b.data());
}

}  // namespace premix::testing
