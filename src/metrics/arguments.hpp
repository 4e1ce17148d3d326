#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "premix/core/parallel.hpp"
#include "premix/core/tensor.hpp"

// Shared by the metrics: argument checks, copies to the CPU, and loops over bands.
namespace premix::metrics {

/// Two images of equal shape on the CPU, (N, H, W, C).
template <Real T>
struct ImagePair {
  Tensor<T> prediction, truth;
};

template <Real T>
void check_pair(const char* metric, const Tensor<T>& prediction, const Tensor<T>& truth) {
  PREMIX_CHECK(!prediction.empty() && !truth.empty(), metric, ": empty image");
  PREMIX_CHECK(prediction.shape() == truth.shape(), metric, ": prediction ", prediction.shape(), " and truth ",
               truth.shape(), " differ in shape");
}

template <Real T>
ImagePair<T> image_pair(const char* metric, const Tensor<T>& prediction, const Tensor<T>& truth) {
  check_pair(metric, prediction, truth);
  return {prediction.to(cpu()), truth.to(cpu())};
}

/// Returns a copy on the CPU, clipped to [0, 1]. Keeps NaN. (N, H, W, C).
template <Real T>
Tensor<T> clipped(const Tensor<T>& image) {
  Tensor<T> result = image.to(cpu()).clone();
  T* values = result.mutable_data();
  std::transform(values, values + result.size(), values, [](T value) { return std::clamp(value, T(0), T(1)); });
  return result;
}

/// Calls fn(image, band) for each band of each image, in parallel. Returns the results as (N, C).
template <class Fn>
std::vector<double> for_each_band(Shape shape, Fn fn) {
  std::vector<double> results(static_cast<std::size_t>(shape.n * shape.c));
  parallel_for(shape.n * shape.c, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) results[static_cast<std::size_t>(i)] = fn(i / shape.c, i % shape.c);
  });
  return results;
}

/// Mean of values; NaN if there are none.
inline double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// Mean of (prediction - truth)^2 over one band of one image.
template <Real T>
double mean_squared_difference(const ImagePair<T>& pair, std::int64_t n, std::int64_t band) {
  const auto [images, height, width, channels] = pair.truth.shape();
  const std::int64_t first = n * height * width * channels + band;
  double sum = 0;
  for (std::int64_t i = 0; i < height * width; ++i) {
    const double difference = static_cast<double>(pair.prediction.data()[first + i * channels]) -
                              static_cast<double>(pair.truth.data()[first + i * channels]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(height * width);
}

template <Real T>
double band_mean(const Tensor<T>& image, std::int64_t n, std::int64_t band) {
  const auto [images, height, width, channels] = image.shape();
  const T* from = image.data() + n * height * width * channels + band;
  double sum = 0;
  for (std::int64_t i = 0; i < height * width; ++i) sum += static_cast<double>(from[i * channels]);
  return sum / static_cast<double>(height * width);
}

}  // namespace premix::metrics
