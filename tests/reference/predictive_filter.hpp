#pragma once

#include "reference/grid.hpp"

// Predictive filtering in two steps. The image is padded by reflection, row by row and column by column. Then every
// output sums over a window of the padded image. The gradient of the padded image is folded back in the same way.
namespace premix::reference {

/// Returns the sample at index i of an axis padded by `margin` on both sides: 2 1 | 0 1 2 3 | 2 1 for margin 2, size 4.
/// Walks from sample 0 and turns round at the last and the first sample.
inline std::int64_t reflected_index(std::int64_t i, std::int64_t margin, std::int64_t size) {
  std::int64_t at = 0, step = 1;
  for (std::int64_t walked = 0; walked < std::abs(i - margin); ++walked) {
    at += step;
    if (at == size - 1 || at == 0) step = -step;
  }
  return at;
}

template <Real T>
Grid reflect_padded(const Tensor<T>& image, std::int64_t margin) {
  const Shape in = image.shape();
  Grid padded({in.n, in.h + 2 * margin, in.w + 2 * margin, in.c});
  for_each_element(padded.shape(), [&](auto n, auto y, auto x, auto c) {
    padded(n, y, x, c) = image(n, reflected_index(y, margin, in.h), reflected_index(x, margin, in.w), c);
  });
  return padded;
}

/// filters (N, H, W, K*K*B), image (N, H, W, B) or (N, H, W, 1) -> (N, H, W, B).
template <Real T>
Tensor<double> predictive_filter(const Tensor<T>& filters, const Tensor<T>& image, std::int64_t kernel) {
  const std::int64_t bands = filters.shape().c / (kernel * kernel);
  Grid padded = reflect_padded(image, (kernel - 1) / 2);
  Grid result(image.shape().with_channels(bands));
  for_each_element(result.shape(), [&](auto n, auto y, auto x, auto b) {
    for (std::int64_t tap = 0; tap < kernel * kernel; ++tap)
      result(n, y, x, b) += static_cast<double>(filters(n, y, x, tap * bands + b)) *
                            padded(n, y + tap / kernel, x + tap % kernel, image.shape().c == 1 ? 0 : b);
  });
  return result.tensor();
}

struct PredictiveFilterGradients {
  Tensor<double> filters, image;
};

template <Real T>
PredictiveFilterGradients predictive_filter_gradients(const Tensor<T>& filters, const Tensor<T>& image,
                                                      const Tensor<T>& d_y, std::int64_t kernel) {
  const std::int64_t bands = d_y.shape().c, margin = (kernel - 1) / 2;
  Grid padded = reflect_padded(image, margin);
  Grid d_padded(padded.shape()), d_filters(filters.shape()), d_image(image.shape());
  for_each_element(d_y.shape(), [&](auto n, auto y, auto x, auto b) {
    const double d = d_y(n, y, x, b);
    const std::int64_t c = image.shape().c == 1 ? 0 : b;
    for (std::int64_t tap = 0; tap < kernel * kernel; ++tap) {
      d_filters(n, y, x, tap * bands + b) = d * padded(n, y + tap / kernel, x + tap % kernel, c);
      d_padded(n, y + tap / kernel, x + tap % kernel, c) += d * static_cast<double>(filters(n, y, x, tap * bands + b));
    }
  });
  for_each_element(padded.shape(), [&](auto n, auto y, auto x, auto c) {
    d_image(n, reflected_index(y, margin, image.shape().h), reflected_index(x, margin, image.shape().w), c) +=
        d_padded(n, y, x, c);
  });
  return {d_filters.tensor(), d_image.tensor()};
}

}  // namespace premix::reference
