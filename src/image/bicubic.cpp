#include "premix/image/bicubic.hpp"

#include <cmath>

namespace premix {
template <Real T>
Tensor<T> bicubic_sample(const Tensor<T>& x, std::int64_t height, std::int64_t width, AxisMap rows, AxisMap columns) {
  PREMIX_CHECK(!x.empty(), "bicubic_sample: the tensor holds nothing");
  const auto [n, h, w, c] = x.shape();
  Tensor<T> y({n, height, width, c}, x.device());
  const BicubicArgs<T> args{x.data(), y.mutable_data(), n, h, w, c, height, width, rows, columns};
  on_device(x.device(), [&](auto device) { bicubic_sample(device, args); });
  return y;
}

template <Real T>
Tensor<T> bicubic_resize(const Tensor<T>& x, std::int64_t height, std::int64_t width) {
  return bicubic_sample(x, height, width, map_matching_borders(x.shape().h, height),
                        map_matching_borders(x.shape().w, width));
}

template <Real T>
Tensor<T> bicubic_downscale(const Tensor<T>& x, double ratio) {
  const Shape shape = x.shape();
  PREMIX_CHECK(ratio > 0 && shape.h >= ratio && shape.w >= ratio, "bicubic_downscale: x ", shape, " by ratio ", ratio,
               " leaves no pixel; give a ratio above 0 and an image of at least ratio x ratio pixels");
  const auto height = static_cast<std::int64_t>(std::floor(static_cast<double>(shape.h) / ratio));
  const auto width = static_cast<std::int64_t>(std::floor(static_cast<double>(shape.w) / ratio));
  return bicubic_sample(x, height, width, map_from_border(ratio), map_from_border(ratio));
}

template <Real T>
Tensor<T> bicubic_resize_align_corners(const Tensor<T>& x, std::int64_t height, std::int64_t width) {
  return bicubic_sample(x, height, width, map_matching_centres(x.shape().h, height),
                        map_matching_centres(x.shape().w, width));
}

#define PREMIX_INSTANTIATE(T)                                                                        \
  template Tensor<T> bicubic_sample(const Tensor<T>&, std::int64_t, std::int64_t, AxisMap, AxisMap); \
  template Tensor<T> bicubic_resize(const Tensor<T>&, std::int64_t, std::int64_t);                   \
  template Tensor<T> bicubic_downscale(const Tensor<T>&, double);                                    \
  template Tensor<T> bicubic_resize_align_corners(const Tensor<T>&, std::int64_t, std::int64_t);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
