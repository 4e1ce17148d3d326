#include "premix/kernels/resize_nearest.hpp"

#include "cpu/isa.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void nearest_resize_forward(const NearestResizeArgs<T>& args) {
  const std::int64_t height = args.rows.result_size, width = args.columns.result_size, channels = args.channels;
  parallel_for(args.images * height, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t source_row = row / height * args.rows.source_size + nearest_source(args.rows, row % height);
      const T* from = args.x + source_row * args.columns.source_size * channels;
      T* to = args.y + row * width * channels;
      for (std::int64_t x = 0; x < width; ++x) {
        const T* pixel = from + nearest_source(args.columns, x) * channels;
        for (std::int64_t c = 0; c < channels; ++c) to[x * channels + c] = pixel[c];
      }
    }
  });
}

// Gathers: a source pixel sums the result pixels that use it, none to many.
template <Real T>
void nearest_resize_backward(const NearestResizeBackwardArgs<T>& args) {
  const std::int64_t height = args.rows.source_size, width = args.columns.source_size, channels = args.channels;
  parallel_for(args.images * height, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t image = row / height, y = row % height;
      const std::int64_t first_row = nearest_first_result(args.rows, y),
                         last_row = nearest_first_result(args.rows, y + 1);
      for (std::int64_t x = 0; x < width; ++x) {
        T* to = args.d_x + (row * width + x) * channels;
        for (std::int64_t c = 0; c < channels; ++c) to[c] = T(0);
        const std::int64_t first = nearest_first_result(args.columns, x),
                           last = nearest_first_result(args.columns, x + 1);
        for (std::int64_t r = first_row; r < last_row; ++r)
          for (std::int64_t q = first; q < last; ++q) {
            const T* from = args.d_y + ((image * args.rows.result_size + r) * args.columns.result_size + q) * channels;
            for (std::int64_t c = 0; c < channels; ++c) to[c] += from[c];
          }
      }
    }
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(nearest_resize_forward, NearestResizeArgs)
PREMIX_CPU_KERNEL(nearest_resize_backward, NearestResizeBackwardArgs)
