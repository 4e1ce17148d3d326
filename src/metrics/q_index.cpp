#include "premix/metrics/q_index.hpp"

#include "metrics/arguments.hpp"

namespace premix {
using namespace metrics;

namespace {

template <Real T>
double image_q(const ImageBand<T>& a, const ImageBand<T>& b, std::int64_t n) {
  const auto [images, height, width, channels_a] = a.image.shape();
  const std::int64_t pixels = height * width, channels_b = b.image.shape().c;
  const T* from_a = a.image.data() + n * pixels * channels_a + a.index;
  const T* from_b = b.image.data() + n * pixels * channels_b + b.index;
  double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
  for (std::int64_t i = 0; i < pixels; ++i) {
    const double value_a = static_cast<double>(from_a[i * channels_a]),
                 value_b = static_cast<double>(from_b[i * channels_b]);
    sum_a += value_a;
    sum_b += value_b;
    sum_aa += value_a * value_a;
    sum_bb += value_b * value_b;
    sum_ab += value_a * value_b;
  }
  const double count = static_cast<double>(pixels), mean_a = sum_a / count, mean_b = sum_b / count;
  const double variances = sum_aa / count - mean_a * mean_a + sum_bb / count - mean_b * mean_b;
  const double covariance = sum_ab / count - mean_a * mean_b;
  return 4 * covariance * mean_a * mean_b / (variances * (mean_a * mean_a + mean_b * mean_b) + 1e-8);
}

}  // namespace

template <Real T>
double q_index(const ImageBand<T>& a, const ImageBand<T>& b) {
  const Shape shape = a.image.shape();
  PREMIX_CHECK(!a.image.empty() && !b.image.empty(), "q_index: empty image");
  PREMIX_CHECK(shape.with_channels(1) == b.image.shape().with_channels(1), "q_index: images ", shape, " and ",
               b.image.shape(), " differ in size");
  PREMIX_CHECK(a.index >= 0 && a.index < shape.c && b.index >= 0 && b.index < b.image.shape().c, "q_index: bands ",
               a.index, " of ", shape, " and ", b.index, " of ", b.image.shape());
  const ImageBand<T> a_cpu{a.image.to(cpu()), a.index}, b_cpu{b.image.to(cpu()), b.index};
  double sum = 0;
  for (std::int64_t n = 0; n < shape.n; ++n) sum += image_q(a_cpu, b_cpu, n);
  return sum / static_cast<double>(shape.n);
}

template double q_index(const ImageBand<float>&, const ImageBand<float>&);
template double q_index(const ImageBand<double>&, const ImageBand<double>&);

}  // namespace premix
