#include "premix/kernels/conv2d.hpp"

#include <Eigen/Core>
#include <algorithm>

#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

// Convolutions as matrix products of unfolded image rows. Used for double, where exactness matters more than speed, and
// for float in builds without oneDNN.

namespace premix {
namespace {

template <class T>
using Matrix = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
template <class T>
using ConstMatrix = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

std::int64_t taps(const Conv2dSizes& s) { return s.kernel * s.kernel * s.channels; }

template <class T>
T* numbers(const Buffer& buffer) {
  return static_cast<T*>(buffer.data());
}

template <class T>
Buffer buffer_for(std::int64_t count) {
  return Buffer(static_cast<std::size_t>(count) * sizeof(T), cpu());
}

// Calls fn(to, from) for each tap of an output row: index in the unfolded columns, and index in the image or -1 in the
// padding.
template <class Fn>
void for_each_tap(const Conv2dSizes& s, std::int64_t row, Fn&& fn) {
  for (std::int64_t column = 0; column < s.out_width; ++column)
    for (std::int64_t dy = 0; dy < s.kernel; ++dy)
      for (std::int64_t dx = 0; dx < s.kernel; ++dx) {
        const std::int64_t y = row * s.stride + dy - s.padding(), x = column * s.stride + dx - s.padding();
        const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
        fn(column * taps(s) + (dy * s.kernel + dx) * s.channels, inside ? (y * s.width + x) * s.channels : -1);
      }
}

// Unfolds the input of output row `row` of an image: (W', K*K*C).
template <class T>
void unfold(const Conv2dSizes& s, const T* image, std::int64_t row, T* columns) {
  for_each_tap(s, row, [&](std::int64_t to, std::int64_t from) {
    if (from >= 0)
      std::copy_n(image + from, s.channels, columns + to);
    else
      std::fill_n(columns + to, s.channels, T(0));
  });
}

}  // namespace

template <Real T>
void conv2d_forward(Cpu, const Conv2dArgs<T>& args) {
  const Conv2dSizes& s = args.sizes;
  const ConstMatrix<T> weight(args.weight, s.out_channels, taps(s));
  parallel_for(s.images * s.out_height, 1, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch = buffer_for<T>(s.out_width * taps(s));
    const Matrix<T> columns(numbers<T>(scratch), s.out_width, taps(s));
    for (std::int64_t row = begin; row < end; ++row) {
      unfold(s, args.x + row / s.out_height * s.height * s.width * s.channels, row % s.out_height, numbers<T>(scratch));
      Matrix<T> y(args.y + row * s.out_width * s.out_channels, s.out_width, s.out_channels);
      y.noalias() = columns * weight.transpose();
      if (args.bias != nullptr) y.rowwise() += ConstMatrix<T>(args.bias, 1, s.out_channels).row(0);
    }
  });
}

// Images are independent. Within an image, overlapping contributions are added in row order.
template <Real T>
void conv2d_backward_data(Cpu, const Conv2dBackwardDataArgs<T>& args) {
  const Conv2dSizes& s = args.sizes;
  const ConstMatrix<T> weight(args.weight, s.out_channels, taps(s));
  parallel_for(s.images, 1, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch = buffer_for<T>(s.out_width * taps(s));
    Matrix<T> columns(numbers<T>(scratch), s.out_width, taps(s));
    for (std::int64_t image = begin; image < end; ++image) {
      T* d_x = args.d_x + image * s.height * s.width * s.channels;
      std::fill_n(d_x, s.height * s.width * s.channels, T(0));
      for (std::int64_t row = 0; row < s.out_height; ++row) {
        columns.noalias() = ConstMatrix<T>(args.d_y + (image * s.out_height + row) * s.out_width * s.out_channels,
                                           s.out_width, s.out_channels) *
                            weight;
        for_each_tap(s, row, [&](std::int64_t from, std::int64_t to) {
          if (to >= 0)
            for (std::int64_t c = 0; c < s.channels; ++c) d_x[to + c] += numbers<T>(scratch)[from + c];
        });
      }
    }
  });
}

// Row chunks whose size depends only on the tensor sizes, added in order: bit-identical for any number of threads.
template <Real T>
void conv2d_backward_weight(Cpu, const Conv2dBackwardWeightArgs<T>& args) {
  const Conv2dSizes& s = args.sizes;
  constexpr std::int64_t chunk = 16;
  const std::int64_t rows = s.images * s.out_height, chunks = (rows + chunk - 1) / chunk,
                     weights = s.out_channels * taps(s);
  const Buffer partial = buffer_for<T>(chunks * weights);  // (chunks, O, K, K, C)
  parallel_for(chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch = buffer_for<T>(s.out_width * taps(s));
    const Matrix<T> columns(numbers<T>(scratch), s.out_width, taps(s));
    for (std::int64_t i = begin; i < end; ++i) {
      Matrix<T> sum(numbers<T>(partial) + i * weights, s.out_channels, taps(s));
      sum.setZero();
      for (std::int64_t row = i * chunk; row < std::min(rows, (i + 1) * chunk); ++row) {
        unfold(s, args.x + row / s.out_height * s.height * s.width * s.channels, row % s.out_height,
               numbers<T>(scratch));
        sum.noalias() +=
            ConstMatrix<T>(args.d_y + row * s.out_width * s.out_channels, s.out_width, s.out_channels).transpose() *
            columns;
      }
    }
  });
  Matrix<T> d_weight(args.d_weight, s.out_channels, taps(s));
  d_weight.setZero();
  for (std::int64_t i = 0; i < chunks; ++i)
    d_weight += Matrix<T>(numbers<T>(partial) + i * weights, s.out_channels, taps(s));
}

template void conv2d_forward(Cpu, const Conv2dArgs<double>&);
template void conv2d_backward_data(Cpu, const Conv2dBackwardDataArgs<double>&);
template void conv2d_backward_weight(Cpu, const Conv2dBackwardWeightArgs<double>&);
#if !PREMIX_ONEDNN
template void conv2d_forward(Cpu, const Conv2dArgs<float>&);
template void conv2d_backward_data(Cpu, const Conv2dBackwardDataArgs<float>&);
template void conv2d_backward_weight(Cpu, const Conv2dBackwardWeightArgs<float>&);
#endif

}  // namespace premix
