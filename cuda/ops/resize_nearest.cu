#include "premix/kernels/resize_nearest.hpp"

#include "cuda/runtime/launch.cuh"

// Bound by memory. Adjacent threads take adjacent channels of a pixel, then adjacent pixels of a row.

namespace premix {
namespace {

// 8 bytes per element of y in float. One thread per element.
template <Real T>
__global__ void nearest_resize_forward_kernel(NearestResizeArgs<T> args) {
  const std::int64_t height = args.rows.result_size, width = args.columns.result_size, i = global_thread();
  if (i >= args.images * height * width * args.channels) return;
  const std::int64_t c = i % args.channels, pixel = i / args.channels, line = pixel / width;
  const std::int64_t row = line / height * args.rows.source_size + nearest_source(args.rows, line % height);
  args.y[i] =
      args.x[(row * args.columns.source_size + nearest_source(args.columns, pixel % width)) * args.channels + c];
}

// 4 bytes per element of d_x and of d_y in float. Gathers: one thread per element of d_x adds the elements of d_y that
// are copies of it.
template <Real T>
__global__ void nearest_resize_backward_kernel(NearestResizeBackwardArgs<T> args) {
  const std::int64_t height = args.rows.source_size, width = args.columns.source_size, i = global_thread();
  if (i >= args.images * height * width * args.channels) return;
  const std::int64_t c = i % args.channels, pixel = i / args.channels, line = pixel / width;
  const std::int64_t y = line % height, x = pixel % width;
  const std::int64_t last_row = nearest_first_result(args.rows, y + 1),
                     last_column = nearest_first_result(args.columns, x + 1);
  T sum = T(0);
  for (std::int64_t row = nearest_first_result(args.rows, y); row < last_row; ++row) {
    const T* from =
        args.d_y + (line / height * args.rows.result_size + row) * args.columns.result_size * args.channels + c;
    for (std::int64_t column = nearest_first_result(args.columns, x); column < last_column; ++column)
      sum += from[column * args.channels];
  }
  args.d_x[i] = sum;
}

}  // namespace

template <Real T>
void nearest_resize_forward(Cuda device, const NearestResizeArgs<T>& args) {
  launch(device, nearest_resize_forward_kernel<T>,
         cover(args.images * args.rows.result_size * args.columns.result_size * args.channels), args);
}

template <Real T>
void nearest_resize_backward(Cuda device, const NearestResizeBackwardArgs<T>& args) {
  launch(device, nearest_resize_backward_kernel<T>,
         cover(args.images * args.rows.source_size * args.columns.source_size * args.channels), args);
}

#define PREMIX_INSTANTIATE(T)                                              \
  template void nearest_resize_forward(Cuda, const NearestResizeArgs<T>&); \
  template void nearest_resize_backward(Cuda, const NearestResizeBackwardArgs<T>&);

PREMIX_INSTANTIATE(float)
PREMIX_INSTANTIATE(double)

}  // namespace premix
