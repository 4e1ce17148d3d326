#include "premix/kernels/bicubic.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::on_cpu::PREMIX_ISA {

// Interpolates one row along x. A compile-time channel count (0: run-time) lets the compiler keep a pixel in a
// register.
template <int known_channels, Real T>
void sample_row(const T* __restrict row, const BicubicTaps<T>* taps, std::int64_t width, std::int64_t any_channels,
                T* __restrict to) {
  const std::int64_t channels = known_channels > 0 ? known_channels : any_channels;
  for (std::int64_t x = 0; x < width; ++x) {
    const T* pixel[4];
    for (int k = 0; k < 4; ++k) pixel[k] = row + taps[x].source[k] * channels;
    for (std::int64_t c = 0; c < channels; ++c)
      to[x * channels + c] = weighted_sum(taps[x].weight, pixel[0][c], pixel[1][c], pixel[2][c], pixel[3][c]);
  }
}

template <Real T>
void sample_row(const T* row, const BicubicTaps<T>* taps, std::int64_t width, std::int64_t channels, T* to) {
  switch (channels) {
    case 1:
      return sample_row<1>(row, taps, width, channels, to);
    case 3:
      return sample_row<3>(row, taps, width, channels, to);
    case 4:
      return sample_row<4>(row, taps, width, channels, to);
    case 8:
      return sample_row<8>(row, taps, width, channels, to);
    default:
      return sample_row<0>(row, taps, width, channels, to);
  }
}

// Interpolates along y first, as sums of whole source rows, then along x.
template <Real T>
void bicubic_sample(const BicubicArgs<T>& args) {
  const std::int64_t source_row = args.width * args.channels, result_row = args.result_width * args.channels;
  const Buffer tap_buffer(static_cast<std::size_t>(args.result_width) * sizeof(BicubicTaps<T>), {});
  auto* columns = static_cast<BicubicTaps<T>*>(tap_buffer.data());
  for (std::int64_t x = 0; x < args.result_width; ++x) columns[x] = args.column_taps(x);

  // At least 16384 elements of the source or the result per thread: smaller work ends before a second thread wakes up.
  const std::int64_t grain = 16384 / (4 * source_row + result_row) + 1;
  parallel_for(args.images * args.result_height, grain, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch(static_cast<std::size_t>(source_row) * sizeof(T), {});
    T* __restrict between = static_cast<T*>(scratch.data());  // (W, C): interpolated along y
    for (std::int64_t row = begin; row < end; ++row) {
      const BicubicTaps<T> taps = args.row_taps(row % args.result_height);
      const T* image = args.x + row / args.result_height * args.height * source_row;
      const T* from[4];
      for (int k = 0; k < 4; ++k) from[k] = image + taps.source[k] * source_row;
      for (std::int64_t i = 0; i < source_row; ++i)
        between[i] = weighted_sum(taps.weight, from[0][i], from[1][i], from[2][i], from[3][i]);
      sample_row(between, columns, args.result_width, args.channels, args.y + row * result_row);
    }
  });
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(bicubic_sample, BicubicArgs)
