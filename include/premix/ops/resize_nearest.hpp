#pragma once

#include "premix/autograd/variable.hpp"
#include "premix/kernels/resize_nearest.hpp"

namespace premix {

namespace detail {

template <Real T>
Variable<T> nearest_resize(const Variable<T>& x, const NearestAxis& rows, const NearestAxis& columns) {
  const Shape in = x.shape();
  Tensor<T> y({in.n, rows.result_size, columns.result_size, in.c}, x.device());
  on_device(x.device(), [&](auto device) {
    nearest_resize_forward(device, NearestResizeArgs<T>{x.value().data(), y.mutable_data(), in.n, in.c, rows, columns});
  });
  return record<T>(std::move(y), {x}, [=](const std::vector<Tensor<T>>& d_outputs) {
    const Tensor<T>& d_y = d_outputs[0];
    Tensor<T> d_x(in, d_y.device());
    on_device(d_y.device(), [&](auto device) {
      nearest_resize_backward(device,
                              NearestResizeBackwardArgs<T>{d_y.data(), d_x.mutable_data(), in.n, in.c, rows, columns});
    });
    return std::vector{d_x};
  });
}

}  // namespace detail

/// Nearest resize to a given size. Result sample i takes source sample floor(i * source / result). x (N, H, W, C) ->
/// (N, height, width, C).
template <Real T>
Variable<T> nearest_resize(const Variable<T>& x, std::int64_t height, std::int64_t width) {
  PREMIX_CHECK(height > 0 && width > 0, "nearest_resize: ", x.shape(), " to ", height, " x ", width,
               ". Both sides must be above 0.");
  return detail::nearest_resize(x, {x.shape().h, height, x.shape().h, height},
                                {x.shape().w, width, x.shape().w, width});
}

/// Takes every ratio-th sample, starting with the first, of floor(H / ratio) rows and floor(W / ratio) columns. x (N,
/// H, W, C). Ratio 1 returns x.
template <Real T>
Variable<T> nearest_downscale(const Variable<T>& x, std::int64_t ratio) {
  const Shape in = x.shape();
  PREMIX_CHECK(ratio > 0 && ratio <= in.h && ratio <= in.w, "nearest_downscale: ratio ", ratio, " for ", in);
  if (ratio == 1) return x;
  return detail::nearest_resize(x, {in.h, in.h / ratio, ratio, 1}, {in.w, in.w / ratio, ratio, 1});
}

}  // namespace premix
