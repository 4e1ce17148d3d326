#include "premix/image/window.hpp"

#include <algorithm>

#include "kernels/reflected.hpp"

namespace premix {
namespace {

template <Real T>
void check_on_cpu(const char* name, const Tensor<T>& x) {
  PREMIX_CHECK(x.device() == cpu(), name, ": x ", x.shape(), " is on ", x.device(), ". Call to(cpu()) first.");
}

}  // namespace

template <Real T>
Tensor<T> crop(const Tensor<T>& x, const Window& window) {
  const auto [n, h, w, c] = x.shape();
  const auto [top, left, height, width] = window;
  check_on_cpu("crop", x);
  PREMIX_CHECK(!window.empty() && top >= 0 && left >= 0 && top + height <= h && left + width <= w, "crop: rows ", top,
               " to ", top + height, ", columns ", left, " to ", left + width, " of ", x.shape());
  Tensor<T> result({n, height, width, c});
  T* to = result.mutable_data();
  for (std::int64_t image = 0; image < n; ++image)
    for (std::int64_t y = 0; y < height; ++y)
      to = std::copy_n(x.data() + ((image * h + top + y) * w + left) * c, width * c, to);
  return result;
}

template <Real T>
Tensor<T> pad_by_reflection(const Tensor<T>& x, std::int64_t height, std::int64_t width) {
  const auto [n, h, w, c] = x.shape();
  check_on_cpu("pad_by_reflection", x);
  PREMIX_CHECK(height >= h && width >= w && height < 2 * h && width < 2 * w, "pad_by_reflection: ", x.shape(), " to ",
               height, " x ", width, ". A side can grow to less than twice its length.");
  Tensor<T> result({n, height, width, c});
  T* to = result.mutable_data();
  for (std::int64_t image = 0; image < n; ++image)
    for (std::int64_t y = 0; y < height; ++y) {
      const T* row = x.data() + (image * h + kernels::reflected(y, h)) * w * c;
      for (std::int64_t column = 0; column < width; ++column)
        to = std::copy_n(row + kernels::reflected(column, w) * c, c, to);
    }
  return result;
}

template Tensor<float> crop(const Tensor<float>&, const Window&);
template Tensor<double> crop(const Tensor<double>&, const Window&);
template Tensor<float> pad_by_reflection(const Tensor<float>&, std::int64_t, std::int64_t);
template Tensor<double> pad_by_reflection(const Tensor<double>&, std::int64_t, std::int64_t);

}  // namespace premix
